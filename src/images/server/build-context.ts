import { readdir, readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type BuildResult } from 'esbuild';
import { PlatformError } from '../../shared/errors.ts';
import type { DockerfilePlan } from './image-plan.ts';
import { repositoryRoot } from './repository.ts';

/** One file of a build context; `path` is relative to the context's root. */
export interface ContextFile {
  readonly path: string;
  readonly contents: Buffer;
  readonly executable: boolean;
}

/** Where the Dockerfile lies in every context. */
export const dockerfilePath = 'Dockerfile';

/** All that a build reads, sorted by path: equal inputs give equal contexts on every machine. */
export async function readContext(plan: DockerfilePlan, root: URL = repositoryRoot): Promise<ContextFile[]> {
  const own = await readTree(root, plan.context);
  const files = new Map(own.map((file) => [posix.relative(plan.context, file.path), file]));
  const dockerfile = await readTree(root, plan.dockerfile);
  const modules = await Promise.all((plan.modules ?? []).map((entry) => readModules(root, entry)));
  for (const file of modules.flat()) files.set(file.path, file);
  for (const file of dockerfile) files.set(dockerfilePath, file);
  for (const { entry, file } of plan.bundles ?? []) files.set(file, await bundle(root, entry));
  return [...files].map(([path, file]) => ({ ...file, path })).toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** The regular files at or below a path of the repository, with paths relative to its root. */
async function readTree(root: URL, path: string): Promise<ContextFile[]> {
  const found = await stat(new URL(path, root));
  if (found.isFile()) {
    const contents = await readFile(new URL(path, root));
    return [{ path, contents, executable: (found.mode & 0o100) !== 0 }];
  }
  const entries = await readdir(new URL(`${path}/`, root));
  const below = await Promise.all(entries.map((entry) => readTree(root, `${path}/${entry}`)));
  return below.flat();
}

/** The files of the repository that a module consists of. */
async function readModules(root: URL, entry: string): Promise<ContextFile[]> {
  const { metafile } = await runEsbuild(root, entry, { packages: 'external', metafile: true });
  const files = await Promise.all(Object.keys(metafile?.inputs ?? {}).map((path) => readTree(root, path)));
  return files.flat();
}

/** One module for Node 24 with everything that `entry` imports. */
async function bundle(root: URL, entry: string): Promise<ContextFile> {
  const { outputFiles } = await runEsbuild(root, entry, {
    // Packages written for CommonJS call require(), which a module does not have.
    banner: {
      js: "import { createRequire as proofgroundRequire } from 'node:module';\nconst require = proofgroundRequire(import.meta.url);",
    },
  });
  const [output] = outputFiles ?? [];
  if (output === undefined) throw new PlatformError('image-build-failed', `Bundling ${entry} gave nothing.`);
  return { path: entry, contents: Buffer.from(output.contents), executable: false };
}

async function runEsbuild(root: URL, entry: string, options: BuildOptions): Promise<BuildResult> {
  const common: BuildOptions = {
    entryPoints: [entry],
    absWorkingDir: fileURLToPath(root),
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'silent',
  };
  return build({ ...common, ...options }).catch((error: unknown) => {
    throw new PlatformError('image-build-failed', `${entry} cannot be bundled: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  });
}
