import { createHash, randomBytes } from 'node:crypto';
import { PlatformError } from '../../shared/errors.ts';
import { newId } from '../../shared/server/ids.ts';
import type { Store } from '../../store/server/store.ts';
import type { Account } from '../account.ts';
import { drawGuestName, type GuestName } from './guest-names.ts';

/** How long a sign-in lasts: long enough for a course of several weeks. */
export const signInLifetimeMs = 60 * 24 * 3600_000;

/** Tries at an unused name before giving up; with a million guests the chance of a collision is 2 % each time. */
const nameAttempts = 20;

/** Accounts and who is signed in. Only hashes of the cookies' values are stored. */
export class AccountStore {
  readonly #store: Store;
  readonly #drawName: () => GuestName;

  constructor(store: Store, drawName: () => GuestName = drawGuestName) {
    this.#store = store;
    this.#drawName = drawName;
  }

  /** Makes a guest account whose mail address nobody has had before. */
  async createGuest(): Promise<Account> {
    for (let attempt = 0; attempt < nameAttempts; attempt += 1) {
      const account = { id: newId(), ...this.#drawName() };
      const { numInsertedOrUpdatedRows } = await this.#store
        .insertInto('accounts')
        .values({ ...account, created_at_ms: Date.now(), revoked_at_ms: null })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) return account;
    }
    throw new PlatformError('internal-error', 'No unused guest name was found.');
  }

  /** Signs a browser in; returns the cookie's value (256 random bits), which is not kept. */
  async signIn(accountId: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.#store
      .insertInto('sign_ins')
      .values({ token_hash: hashOf(token), account_id: accountId, expires_at_ms: Date.now() + signInLifetimeMs })
      .execute();
    return token;
  }

  /** The account of a cookie's value; undefined when it is unknown, expired or the account is revoked. */
  async findByToken(token: string): Promise<Account | undefined> {
    return this.#store
      .selectFrom('sign_ins')
      .innerJoin('accounts', 'accounts.id', 'sign_ins.account_id')
      .select(['accounts.id', 'accounts.name', 'accounts.email'])
      .where('token_hash', '=', hashOf(token))
      .where('expires_at_ms', '>', Date.now())
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirst();
  }

  async find(accountId: string): Promise<Account | undefined> {
    return this.#store.selectFrom('accounts').select(['id', 'name', 'email']).where('id', '=', accountId).executeTakeFirst();
  }

  /** Ends every sign-in of an account for good; its row stays, so that its address is not given away again. */
  async revoke(accountId: string): Promise<void> {
    await this.#store.updateTable('accounts').set({ revoked_at_ms: Date.now() }).where('id', '=', accountId).execute();
    await this.#store.deleteFrom('sign_ins').where('account_id', '=', accountId).execute();
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
