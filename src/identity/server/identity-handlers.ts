import type { ApiServices } from '../../http/server/api-services.ts';
import { setCookie } from '../../http/server/cookies.ts';
import type { Call, Reply } from '../../http/server/route.ts';
import type { Account } from '../account.ts';
import { signInLifetimeMs } from './account-store.ts';

/** A guest account for who has none yet; who is signed in keeps the account. */
export async function signInAsGuest({ account }: Call<object, unknown, Account | undefined>, services: ApiServices): Promise<Reply> {
  if (account !== undefined) return { status: 200, json: account };
  const guest = await services.accounts.createGuest();
  const value = await services.accounts.signIn(guest.id);
  const cookie = setCookie({ name: services.cookieName, value, maxAgeMs: signInLifetimeMs, secure: services.secureCookies });
  return { status: 201, json: guest, headers: { 'set-cookie': cookie } };
}

export function showAccount({ account }: Call<object, undefined, Account>): Promise<Reply> {
  return Promise.resolve({ status: 200, json: account });
}

/** Closes the account for good: sessions end, terminals are cut, no cookie of it is good any more. */
export async function closeAccount({ account }: Call<object, undefined, Account>, services: ApiServices): Promise<Reply> {
  await services.accounts.revoke(account.id);
  services.closeTerminalsOf(account.id);
  await services.sessions.endAllOf(account);
  return {
    status: 204,
    headers: { 'set-cookie': setCookie({ name: services.cookieName, value: '', maxAgeMs: 0, secure: services.secureCookies }) },
  };
}
