import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The program of the trust container as one ES module for Node 24 without dependencies. The same sources and the
 * same lockfile give the same bytes, wherever the repository lies.
 */
export async function bundleContainer(): Promise<Buffer> {
  const result = await build({
    absWorkingDir: repositoryRoot,
    entryPoints: ['src/trust/container/main.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'silent',
    // Some dependencies are CommonJS and ask for Node's own modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error('esbuild wrote nothing.');
  return Buffer.from(output.contents);
}
