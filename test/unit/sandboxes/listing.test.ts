import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseListing } from '../../../src/sandboxes/server/learner-files.ts';

describe('a listing of the learner’s files', () => {
  it('tells kind, size and time of every entry', () => {
    const { files, complete } = parseListing(
      'f\t12\t1795372987.5000000000\tapp/Dockerfile\0l\t7\t1795372988.0\tapp/link\0d\t4096\t1.0\tapp\0p\t0\t1.0\tpipe\0',
      true,
    );
    assert.equal(complete, true);
    assert.deepEqual(files[0], { path: 'app/Dockerfile', kind: 'file', bytes: 12, modifiedAtMs: 1_795_372_987_000 });
    assert.deepEqual(
      files.map((file) => file.kind),
      ['file', 'symlink', 'directory', 'other'],
    );
  });

  it('keeps names with tabs and line breaks whole', () => {
    assert.equal(parseListing('f\t1\t1.0\ta\tb\nc\0', true).files[0]?.path, 'a\tb\nc');
  });

  it('drops a torn last record and what is not a record', () => {
    const { files, complete } = parseListing('f\t1\t1.0\tgood\0nonsense\0f\t1\t1.0\tto', false);
    assert.deepEqual(
      files.map((file) => file.path),
      ['good'],
    );
    assert.equal(complete, false);
  });

  it('stops at 2,000 entries and says so', () => {
    const { files, complete } = parseListing('f\t1\t1.0\tx\0'.repeat(2001), true);
    assert.equal(files.length, 2000);
    assert.equal(complete, false);
    assert.equal(parseListing('f\t1\t1.0\tx\0'.repeat(2000), true).complete, true);
  });

  it('of an empty folder is empty and complete', () => {
    assert.deepEqual(parseListing('', true), { files: [], complete: true });
  });
});
