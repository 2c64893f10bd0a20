import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCatalogue, PlatformError, toPlatformError } from '../../../src/shared/errors.ts';

describe('the error catalogue', () => {
  it('says for every code what happened and what to do, in whole sentences', () => {
    for (const [code, { status, title, fix }] of Object.entries(errorCatalogue)) {
      assert.match(code, /^[a-z]+(-[a-z]+)*$/);
      assert.ok(status >= 400 && status < 600, code);
      assert.match(title, /^[A-Z].*[^.]$/, code);
      assert.match(fix, /^[A-Z`].*\.$/s, code);
    }
  });

  it('keeps a PlatformError and hides nothing of another error but its class', () => {
    const known = new PlatformError('lab-not-found', 'There is no lab "x".');
    assert.equal(toPlatformError(known), known);
    assert.equal(known.status, 404);
    const unknown = toPlatformError(new TypeError('boom'));
    assert.equal(unknown.code, 'internal-error');
    assert.equal(unknown.message, 'boom');
  });
});
