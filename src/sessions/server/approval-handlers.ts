import type { ApiServices } from '../../http/server/api-services.ts';
import type { Call, Reply } from '../../http/server/route.ts';
import type { Account } from '../../identity/account.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { LiveSession } from './live-session.ts';

/** Signatures that wait in the account's running sessions, or in the one that `?session=` names. */
export async function listApprovals({ account, query }: Call<object, undefined, Account>, services: ApiServices): Promise<Reply> {
  const named = query.get('session');
  const sessions = named === null ? services.sessions.runningOf(account) : [await services.sessions.find(account, named)];
  const approvals = await Promise.all(sessions.map((session) => services.sessions.approvals.pending(session)));
  return { status: 200, json: approvals.flat() };
}

export async function answerApproval(
  { parameters, body, account }: Call<{ readonly code: string }, { decision: 'approve' | 'deny' }, Account>,
  { sessions }: ApiServices,
): Promise<Reply> {
  const session = await findWaiting(sessions.runningOf(account), parameters.code, { sessions });
  await sessions.approvals.answer(session, parameters.code, body.decision);
  return { status: 204 };
}

async function findWaiting(
  candidates: readonly LiveSession[],
  code: string,
  { sessions }: Pick<ApiServices, 'sessions'>,
): Promise<LiveSession> {
  for (const session of candidates) {
    const pending = await sessions.approvals.pending(session);
    if (pending.some((approval) => approval.code === code)) return session;
  }
  throw new PlatformError('approval-not-found', `No signature of yours waits under the code ${code.slice(0, 20)}.`);
}
