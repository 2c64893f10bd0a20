import type { ApiServices } from '../../http/server/api-services.ts';
import { openEventStream } from '../../http/server/event-stream.ts';
import type { Call, Reply } from '../../http/server/route.ts';
import type { Account } from '../../identity/account.ts';
import { PlatformError } from '../../shared/errors.ts';

type SessionCall<Body = undefined> = Call<{ readonly id: string }, Body, Account>;

/** The learner's running session of the lab, or a new one. */
export async function startSession({ body, account }: Call<object, { lab: string }, Account>, services: ApiServices): Promise<Reply> {
  const lab = services.catalog.findLab(body.lab)?.lab;
  if (lab === undefined) throw new PlatformError('lab-not-found', `There is no lab ${JSON.stringify(body.lab)}.`);
  const { session, created } = await services.sessions.start(account, lab);
  return { status: created ? 201 : 200, json: await services.sessions.view(session) };
}

export async function listSessions({ account }: Call<object, undefined, Account>, { sessions }: ApiServices): Promise<Reply> {
  return { status: 200, json: await Promise.all(sessions.runningOf(account).map((session) => sessions.view(session))) };
}

export async function showSession({ parameters, account }: SessionCall, { sessions }: ApiServices): Promise<Reply> {
  return { status: 200, json: await sessions.view(await sessions.find(account, parameters.id)) };
}

export async function endSession({ parameters, account }: SessionCall, { sessions }: ApiServices): Promise<Reply> {
  await sessions.end(await sessions.find(account, parameters.id));
  return { status: 204 };
}

export async function resetSession({ parameters, account }: SessionCall, { sessions }: ApiServices): Promise<Reply> {
  const session = await sessions.find(account, parameters.id);
  await sessions.reset(session);
  return { status: 202, json: await sessions.view(session) };
}

export async function extendSession({ parameters, account }: SessionCall, { sessions }: ApiServices): Promise<Reply> {
  const session = await sessions.find(account, parameters.id);
  await sessions.extend(session);
  return { status: 200, json: await sessions.view(session) };
}

export async function checkStep(
  call: Call<{ readonly id: string; readonly step: string }, unknown, Account>,
  { sessions }: ApiServices,
): Promise<Reply> {
  const session = await sessions.find(call.account, call.parameters.id);
  sessions.sandboxOf(session);
  return { status: 200, json: await sessions.checks.check(session, call.parameters.step) };
}

export async function issueTicket({ parameters, account }: SessionCall<unknown>, { sessions, tickets }: ApiServices): Promise<Reply> {
  const session = await sessions.find(account, parameters.id);
  sessions.sandboxOf(session);
  return { status: 201, json: { ticket: tickets.issue({ sessionId: session.record.id, userId: account.id, role: 'driver' }) } };
}

/** Events from now on; a reader that comes back gets what it missed, and in any case the present state first. */
export async function followSession({ parameters, account, lastEventId }: SessionCall, { sessions, hub }: ApiServices): Promise<Reply> {
  const session = await sessions.find(account, parameters.id);
  const view = await sessions.view(session);
  return {
    stream: (response) => {
      let unsubscribe = (): void => undefined;
      const stream = openEventStream(response, () => unsubscribe());
      stream.send({ name: 'session', data: { type: 'session', session: view } });
      unsubscribe = hub.subscribe(session.record.id, (id, event) => stream.send({ name: event.type, id, data: event }), lastEventId);
    },
  };
}
