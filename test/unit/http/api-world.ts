import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpServer } from '../../../src/http/server/http-server.ts';
import { Router } from '../../../src/http/server/router.ts';
import { problemSchema, type Problem } from '../../../src/http/problem.ts';
import { matchRoute } from '../../../src/http/server/match-route.ts';
import { PreparationBoard } from '../../../src/platform/server/preparation-board.ts';
import { routes } from '../../../src/routes.ts';
import { sessionEventSchema, type Session } from '../../../src/sessions/session.ts';
import { errorCatalogue, type ErrorCode } from '../../../src/shared/errors.ts';
import { TicketBook } from '../../../src/terminal/server/ticket-book.ts';
import type { FakeWorkshop } from '../sessions/fake-workshop.ts';
import { lab } from '../sessions/fake-workshop.ts';
import { sessionWorld } from '../sessions/session-world.ts';

interface RequestOptions {
  /** Default: a learner who is signed in; empty for nobody. */
  readonly cookie?: string;
  readonly body?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The whole HTTP interface on a free port, on sessions without an engine. Every answer is held against its schema. */
export interface ApiWorld extends AsyncDisposable {
  readonly labId: string;
  readonly workshop: FakeWorkshop;
  readonly tickets: TicketBook;
  readonly board: PreparationBoard;
  readonly closed: string[];
  readonly mistakes: Error[];
  signIn(): Promise<string>;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Expects a problem document of this code. */
  problem(code: ErrorCode, request: string, options?: RequestOptions): Promise<{ problem: Problem; headers: Headers }>;
  /** Id of a session of the default learner that is ready. */
  readySession(): Promise<string>;
  /** Reads an event stream until enough has come. */
  events(path: string, options: { until: (text: string) => boolean; lastEventId?: string }): Promise<string>;
  untilListening(sessionId: string): Promise<void>;
}

export async function apiWorld(): Promise<ApiWorld> {
  const world = await sessionWorld();
  await world.manager.open(world.workshop);
  const parts = { tickets: new TicketBook(), board: new PreparationBoard(), closed: [] as string[], mistakes: [] as Error[] };
  const services = {
    ...{ accounts: world.accounts, catalog: world.catalog, progress: world.progress, sessions: world.manager, hub: world.hub },
    ...{ tickets: parts.tickets, board: parts.board, cookieName: 'proofground-test', secureCookies: false },
    closeTerminalsOf: (accountId: string) => void parts.closed.push(accountId),
    metricsText: () => world.metrics.text(),
  };
  world.metrics.watch({
    sessionsByState: () => world.manager.countByState(),
    terminalSockets: () => 0,
    eventStreams: () => world.hub.listenerCount(),
  });
  const origins: string[] = [];
  const router = new Router({ routes, services, allowedOrigins: origins, onMistake: (error) => parts.mistakes.push(error) });
  const http = new HttpServer({ router, site: () => undefined, upgradeTerminal: (_request, socket) => socket.destroy() });
  const base = `http://127.0.0.1:${await http.listen('127.0.0.1', 0)}`;
  origins.push(base);

  const send = async (method: string, path: string, { cookie, body, bytes, headers }: RequestOptions): Promise<Response> => {
    const payload = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(base + path, {
      method,
      headers: { ...headers, cookie: cookie ?? mine },
      ...(payload === undefined ? {} : { body: payload as BodyInit }),
    });
    await assertDocumented(method, path, response.clone());
    return response;
  };
  const signIn = async (): Promise<string> => {
    const response = await send('POST', '/api/v1/guests', { cookie: '' });
    return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  };
  let mine = '';
  mine = await signIn();
  return {
    ...parts,
    labId: lab.id,
    workshop: world.workshop,
    signIn,
    request: (method, path, options = {}) => send(method, path, options),
    problem: async (code, request, options = {}) => {
      const [method = '', path = ''] = request.split(' ');
      const response = await send(method, path, options);
      assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
      const problem = problemSchema.parse(await response.json());
      assert.equal(problem.code, code);
      assert.equal(response.status, errorCatalogue[code].status);
      return { problem, headers: response.headers };
    },
    readySession: async () => {
      const { id } = (await (await send('POST', '/api/v1/sessions', { body: { lab: lab.id } })).json()) as Session;
      for (let tries = 0; tries < 200; tries += 1) {
        const { state } = (await (await send('GET', `/api/v1/sessions/${id}`, {})).json()) as Session;
        if (state === 'ready') return id;
        await sleep(5);
      }
      throw new Error('The session did not become ready.');
    },
    events: (path, options) => readEvents(base + path, { ...options, cookie: mine }),
    untilListening: async (sessionId) => {
      while (!world.hub.listenedSessions().includes(sessionId)) await sleep(5);
    },
    [Symbol.asyncDispose]: async () => {
      await http.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Every JSON answer of every test is what the route table promises. */
async function assertDocumented(method: string, path: string, response: Response): Promise<void> {
  const match = matchRoute(routes, method, new URL(path, 'http://x').pathname);
  const type = response.headers.get('content-type') ?? '';
  if (!('route' in match) || type.startsWith('application/problem+json')) return;
  const answer = match.route.answers[response.status];
  assert.ok(answer, `${method} ${path} answers ${response.status}, which is not documented`);
  if (type.startsWith('application/json') && 'schema' in answer) answer.schema.parse(await response.json());
}

async function readEvents(
  url: string,
  { until, lastEventId, cookie }: { until: (text: string) => boolean; lastEventId?: string; cookie: string },
): Promise<string> {
  const response = await fetch(url, {
    headers: { cookie, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
    signal: AbortSignal.timeout(3_000),
  });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    if (!until(text)) continue;
    for (const [, data] of text.matchAll(/^data: (.*)\n\n/gm)) sessionEventSchema.parse(JSON.parse(data ?? ''));
    return text;
  }
  throw new Error(`The stream ended with: ${text}`);
}
