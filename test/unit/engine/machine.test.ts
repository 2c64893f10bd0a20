import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { requireDisk, requireMemory } from '../../../src/engine/server/check-resources.ts';
import { defaultCacheDirectory, enginePaths } from '../../../src/engine/server/engine-paths.ts';
import { raiseKernelLimits } from '../../../src/engine/server/kernel-limits.ts';
import { probeProgram } from '../../../src/engine/server/probe-program.ts';
import { runCommand } from '../../../src/engine/server/run-command.ts';

describe('on this machine', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofground-machine-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('the probe program runs and ends with status 0', { skip: platform() !== 'linux' }, async () => {
    const file = join(folder, 'probe');
    await writeFile(file, probeProgram(arch() === 'arm64' ? 'arm64' : 'amd64'), { mode: 0o755 });
    await promisify(execFile)(file);
  });

  it('the probe program is refused for an architecture that nothing is built for', () => {
    assert.throws(() => probeProgram('s390x'), { code: 'engine-unavailable', message: /s390x; expected amd64 or arm64/ });
  });

  it('too small a disk and too little memory are named with what was found and expected', async () => {
    await assert.rejects(requireDisk(folder, 2 ** 60), {
      code: 'disk-too-small',
      message: /has [\d.]+ GiB free; expected at least 1073741824\.0 GiB/,
    });
    await requireDisk(folder, 1);
    assert.throws(() => requireMemory(4 * 2 ** 30, 2 ** 30), {
      code: 'memory-too-small',
      message: /1\.0 GiB of memory are free; building needs 4\.0 GiB/,
    });
  });

  it('limits of the kernel are raised, never lowered, and said', async () => {
    const [low, high, missing] = [join(folder, 'low'), join(folder, 'high'), join(folder, 'missing')];
    await writeFile(low, '128\n');
    await writeFile(high, '9000\n');
    const states = await raiseKernelLimits([
      { name: 'low', path: low, wanted: 8192 },
      { name: 'high', path: high, wanted: 8192 },
      { name: 'missing', path: missing, wanted: 8192 },
    ]);
    assert.deepEqual(
      states.map(({ name, before, now }) => ({ name, before, now })),
      [
        { name: 'low', before: 128, now: 8192 },
        { name: 'high', before: 9000, now: 9000 },
      ],
    );
    assert.equal(await readFile(high, 'utf8'), '9000\n');
  });

  it('each cache directory has an engine of its own, with a socket path that the kernel takes', () => {
    const [one, other] = [enginePaths('/home/ada/.cache/proofground'), enginePaths(`/home/${'deep/'.repeat(40)}proofground`)];
    assert.notEqual(one.socket, other.socket);
    for (const paths of [one, other]) {
      assert.ok(Buffer.byteLength(paths.socket) < 108);
      assert.ok(paths.name.length <= 15);
    }
    assert.equal(defaultCacheDirectory({ XDG_CACHE_HOME: '/var/cache' }), '/var/cache/proofground');
    assert.match(defaultCacheDirectory({ XDG_CACHE_HOME: '' }), /\/\.cache\/proofground$/);
  });

  it('a command that fails, or does not exist, is a value with its last lines', async () => {
    const failed = await runCommand({ command: ['sh', '-c', 'seq 100; echo no >&2; exit 3'] });
    assert.equal(failed.exitCode, 3);
    assert.equal(failed.tail.length, 40);
    assert.ok(failed.tail.includes('no') && failed.tail.includes('100'));
    assert.equal((await runCommand({ command: [join(folder, 'nothing')] })).exitCode, -1);
  });
});
