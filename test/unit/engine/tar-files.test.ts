import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import tar from 'tar-stream';
import { packFiles, unpackSingleFile } from '../../../src/engine/server/tar-files.ts';

describe('tar files', () => {
  it('gives back the bytes of a packed file', async () => {
    const archive = await packFiles([{ path: '/etc/lab/key.pem', contents: 'secret', mode: 0o600 }]);
    assert.deepEqual(await unpackSingleFile(Readable.from([archive]), 100), { kind: 'file', contents: Buffer.from('secret') });
  });

  it('refuses a file over the limit, a symbolic link, a directory and a broken archive', async () => {
    const large = await packFiles([{ path: '/large', contents: Buffer.alloc(101) }]);
    assert.deepEqual(await unpackSingleFile(Readable.from([large]), 100), { kind: 'too-large', bytes: 101 });
    for (const type of ['symlink', 'directory'] as const) {
      const pack = tar.pack();
      pack.entry({ name: 'trap', type, linkname: '/etc/shadow' });
      pack.finalize();
      assert.deepEqual(await unpackSingleFile(pack as unknown as Readable, 100), { kind: 'not-a-file' });
    }
    await assert.rejects(unpackSingleFile(Readable.from([Buffer.alloc(600, 7)]), 100));
  });
});
