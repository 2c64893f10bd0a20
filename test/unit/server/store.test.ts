import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ProgressStore } from '../../../src/progress/server/progress-store.ts';
import { AccountStore } from '../../../src/identity/server/account-store.ts';
import { tryLock } from '../../../src/store/server/exclusive-lock.ts';
import { openStore } from '../../../src/store/server/store.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('the store', () => {
  it('keeps what was written when it is opened again', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'proofground.db');
    const first = await openStore(file);
    const { id } = await new AccountStore(first).createGuest();
    await new ProgressStore(first).recordPass(id, 'a-lab', '01-step');
    await new ProgressStore(first).recordPass(id, 'a-lab', '01-step');
    await first.destroy();
    const second = await openStore(file);
    assert.deepEqual(await new ProgressStore(second).passedByLab(id), new Map([['a-lab', ['01-step']]]));
    await second.destroy();
  });

  it('refuses a damaged file by name', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'proofground.db');
    await (await openStore(file)).destroy();
    const bytes = await readFile(file);
    await writeFile(file, Buffer.concat([bytes.subarray(0, 5000), Buffer.alloc(bytes.length - 5000, 0x5a)]));
    await assert.rejects(openStore(file), { code: 'data-damaged', message: /proofground\.db/ });
    await writeFile(file, 'this is not a database, but a text of some length');
    await assert.rejects(openStore(file), { code: 'data-damaged' });
  });
});

describe('the lock', () => {
  const holder = join(import.meta.dirname, '../../../src/store/server/exclusive-lock.ts');

  it('is held against other processes and ends with its process', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'server.lock');
    const program = `import { tryLock } from ${JSON.stringify(holder)}; process.stdout.write(String(tryLock(${JSON.stringify(file)}) !== undefined)); process.kill(process.pid, 'SIGKILL')`;
    const takes = (): string => spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stdout;
    assert.equal(takes(), 'true');
    assert.equal(takes(), 'true', 'the lock of a killed process is free');
    const lock = tryLock(file);
    assert.ok(lock);
    assert.equal(takes(), 'false');
    lock.release();
    assert.equal(takes(), 'true');
  });
});
