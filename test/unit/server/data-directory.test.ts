import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig } from '../../../src/platform/server/config.ts';
import { claimDataDirectory, findServer, loadOrCreateInstance } from '../../../src/platform/server/data-directory.ts';
import { checkMachine, checkMemory, checkPort } from '../../../src/platform/server/machine-checks.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('the data directory', () => {
  it('belongs to one server, whose process and address the second one is told', async () => {
    await using directory = await temporaryDirectory();
    const first = await claimDataDirectory(directory.path);
    await first.announce('http://127.0.0.1:4321');
    const told = new RegExp(`process ${process.pid}, which serves http://127.0.0.1:4321`);
    await assert.rejects(claimDataDirectory(directory.path), { code: 'data-in-use', message: told });
    assert.deepEqual(await findServer(directory.path), { pid: process.pid, address: 'http://127.0.0.1:4321' });
    first.release();
    assert.equal(await findServer(directory.path), undefined);
    const second = await claimDataDirectory(directory.path);
    assert.equal(second.instance, first.instance);
    second.release();
  });

  it('keeps its instance id and refuses a damaged one', async () => {
    await using directory = await temporaryDirectory();
    const instance = await loadOrCreateInstance(directory.path);
    assert.match(instance, /^[0-9a-f]{8}$/);
    assert.equal(await loadOrCreateInstance(directory.path), instance);
    await writeFile(join(directory.path, 'instance'), '../../etc');
    await assert.rejects(loadOrCreateInstance(directory.path), { code: 'data-damaged' });
  });
});

describe('the checks before a start', () => {
  it('name a busy port', async () => {
    const blocker = createServer();
    await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done));
    const { port } = blocker.address() as AddressInfo;
    await assert.rejects(checkPort('127.0.0.1', port), { code: 'port-busy', message: new RegExp(`127\\.0\\.0\\.1:${port}`) });
    blocker.close();
  });

  it('name a disk and a memory that are too small', async () => {
    await using directory = await temporaryDirectory();
    const config = readConfig({ XDG_CACHE_HOME: directory.path, PROOFGROUND_DISK_GIB: '100000', PORT: '0' });
    await assert.rejects(checkMachine(config), { code: 'disk-too-small', message: new RegExp(directory.path) });
    assert.throws(() => checkMemory(1024 ** 3, 3 * 1024 ** 3), { code: 'memory-too-small', message: /needs 3\.0 GiB.*found 1\.0 GiB/ });
  });
});
