import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { readContext } from '../../../src/images/server/build-context.ts';
import { contentHash } from '../../../src/images/server/content-hash.ts';
import type { DockerfilePlan } from '../../../src/images/server/image-plan.ts';

const plan: DockerfilePlan = {
  kind: 'dockerfile',
  name: 'sample',
  title: 'a sample',
  context: 'sandbox/images/sample',
  dockerfile: 'sandbox/Dockerfile',
  needs: [],
  modules: ['src/inside.ts'],
  bundles: [{ entry: 'src/main.ts', file: 'main.mjs' }],
};

describe('a build context', () => {
  let folder: string;
  let root: URL;
  const write = async (path: string, contents: string): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), contents);
  };
  const hash = async (): Promise<string> => contentHash({ name: 'sample', files: await readContext(plan, root), needs: new Map() });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofground-context-'));
    root = pathToFileURL(`${folder}/`);
    await write('sandbox/Dockerfile', 'FROM scratch\n');
    await write('sandbox/images/sample/config/run.sh', 'echo\n');
    await write('sandbox/images/other/run.sh', 'echo\n');
    await write('src/inside.ts', "import { two } from './shared/two.ts';\nimport type { Three } from './three.ts';\nconsole.log(two);\n");
    await write('src/shared/two.ts', 'export const two = 2;\n');
    await write('src/shared/unused.ts', 'export const three = 3;\n');
    await write('src/main.ts', "import { one } from './imported.ts';\nconsole.log(one);\n");
    await write('src/imported.ts', 'export const one: number = 1;\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('holds the folder at its root, modules with what they import, the Dockerfile and bundles', async () => {
    const files = await readContext(plan, root);
    assert.deepEqual(
      files.map((file) => file.path),
      ['Dockerfile', 'config/run.sh', 'main.mjs', 'src/inside.ts', 'src/shared/two.ts'],
    );
  });

  it('bundles what a module imports into plain JavaScript', async () => {
    const bundle = (await readContext(plan, root)).find((file) => file.path === 'main.mjs');
    assert.match(bundle!.contents.toString(), /var one = 1/);
  });

  it('gives the same hash when nothing but times and files of others change', async () => {
    const before = await hash();
    await utimes(join(folder, 'sandbox/Dockerfile'), new Date(0), new Date(0));
    await write('sandbox/images/other/run.sh', 'something else\n');
    await write('src/shared/unused.ts', 'something else\n');
    assert.equal(await hash(), before);
  });

  it('gives another hash when a file, its mode, or something that a bundle imports changes', async () => {
    const seen = new Set([await hash()]);
    await write('sandbox/images/sample/config/run.sh', 'echo two\n');
    seen.add(await hash());
    await chmod(join(folder, 'sandbox/images/sample/config/run.sh'), 0o755);
    seen.add(await hash());
    await write('src/imported.ts', 'export const one: number = 2;\n');
    seen.add(await hash());
    await write('src/shared/two.ts', 'export const two = 3;\n');
    seen.add(await hash());
    assert.equal(seen.size, 5);
  });

  it('names the module that cannot be bundled', async () => {
    await write('src/main.ts', "import './nowhere.ts';\n");
    await assert.rejects(readContext(plan, root), { code: 'image-build-failed', message: /src\/main\.ts cannot be bundled.*nowhere/s });
  });
});
