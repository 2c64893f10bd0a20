import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AccountStore } from '../../../src/identity/server/account-store.ts';
import { openStore } from '../../../src/store/server/store.ts';

describe('guest accounts', () => {
  it('never get a name that somebody has had, even a revoked one', async () => {
    const names = ['quiet-otter', 'quiet-otter', 'quiet-otter', 'brave-fox'].map((name) => ({ name, email: `${name}@learners.lab` }));
    const store = await openStore(':memory:');
    const accounts = new AccountStore(store, () => names.shift() ?? { name: 'x', email: 'brave-fox@learners.lab' });
    const first = await accounts.createGuest();
    await accounts.revoke(first.id);
    assert.equal((await accounts.createGuest()).email, 'brave-fox@learners.lab');
    await assert.rejects(accounts.createGuest(), /No unused guest name/);
    await store.destroy();
  });

  it('are found by the cookie, of which only a hash is stored, until they are revoked', async () => {
    const store = await openStore(':memory:');
    const accounts = new AccountStore(store);
    const guest = await accounts.createGuest();
    const token = await accounts.signIn(guest.id);
    assert.deepEqual(await accounts.findByToken(token), guest);
    assert.equal(await accounts.findByToken(`${token}x`), undefined);
    const stored = await store.selectFrom('sign_ins').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(stored), new RegExp(token));
    await accounts.revoke(guest.id);
    assert.equal(await accounts.findByToken(token), undefined);
    await store.destroy();
  });

  it('are signed out when the sign-in is too old', async () => {
    const store = await openStore(':memory:');
    const accounts = new AccountStore(store);
    const token = await accounts.signIn((await accounts.createGuest()).id);
    await store
      .updateTable('sign_ins')
      .set({ expires_at_ms: Date.now() - 1 })
      .execute();
    assert.equal(await accounts.findByToken(token), undefined);
    await store.destroy();
  });
});
