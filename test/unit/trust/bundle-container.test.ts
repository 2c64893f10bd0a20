import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bundleContainer } from '../../../src/trust/server/bundle-container.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('bundle of the trust container', () => {
  it('is the same every time, holds no path of this machine, and loads without node_modules', async () => {
    await using directory = await temporaryDirectory();
    const bundle = await bundleContainer();
    assert.deepEqual(await bundleContainer(), bundle);
    assert.ok(!bundle.includes(process.cwd()));
    const file = join(directory.path, 'main.mjs');
    await writeFile(file, bundle);
    const { stderr } = spawnSync(process.execPath, [file], { cwd: directory.path, encoding: 'utf8' });
    // All modules are there when the first thing that it misses is its configuration.
    assert.match(stderr, /ENOENT.*\/etc\/proofground\/trust\.json/);
  });
});
