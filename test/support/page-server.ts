import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { buildSite } from '../../src/http/server/build-site.ts';
import { openEventStream, type EventStream } from '../../src/http/server/event-stream.ts';
import { commonHeaders } from '../../src/http/server/security-headers.ts';
import { Site } from '../../src/http/server/site.ts';
import type { Preparation } from '../../src/platform/preparation.ts';
import type { LabListing } from '../../src/sessions/lab-listing.ts';
import type { ApprovalView, Session, SessionEvent } from '../../src/sessions/session.ts';

/** What the interface answers, so that a page can be looked at in a state that is hard to bring about. */
export interface PageState {
  readonly labs: readonly LabListing[];
  readonly preparation: Preparation;
  /** The learner's session; a started one when `start` is pressed, a running one when `running` is set. */
  readonly session?: Session;
  readonly running?: boolean;
  readonly approvals?: readonly ApprovalView[];
}

/** The built site in front of fixed answers. For looks only: what the platform does is tested with the platform. */
export interface PageServer extends AsyncDisposable {
  readonly origin: string;
  show(state: PageState): void;
}

/** Builds the site when needed and serves it with the platform's own page handler and headers. */
export async function servePages(): Promise<PageServer> {
  const root = resolve(import.meta.dirname, '../..');
  await buildSite(root);
  const site = await Site.load(join(root, 'dist'));
  let state: PageState | undefined;
  const streams = new Set<EventStream>();
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    if (request.url?.startsWith('/api/') !== true) return site.handle(request, response);
    if (state === undefined) throw new Error('show() comes first');
    if (request.url.endsWith('/events')) followState(state, response, streams);
    else answer(state, request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    show: (next) => (state = next),
    [Symbol.asyncDispose]: async () => {
      for (const stream of streams) stream.close();
      await new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      });
    },
  };
}

function followState({ session, approvals = [] }: PageState, response: ServerResponse, streams: Set<EventStream>): void {
  const stream = openEventStream(response, () => streams.delete(stream));
  streams.add(stream);
  const events: SessionEvent[] = session === undefined ? [] : [{ type: 'session', session }];
  if (approvals.length > 0) events.push({ type: 'approvals', approvals: [...approvals] });
  for (const event of events) stream.send({ name: event.type, data: event });
}

function answer(
  { labs, preparation, session, running = false, approvals = [] }: PageState,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const answers: Record<string, unknown> = {
    'GET /api/v1/labs': labs,
    'GET /api/v1/preparation': preparation,
    'GET /api/v1/sessions': running && session !== undefined ? [session] : [],
    'POST /api/v1/sessions': session,
    'GET /api/v1/approvals': approvals,
  };
  const value = answers[`${request.method ?? ''} ${(request.url ?? '').split('?', 1)[0] ?? ''}`];
  const status = value === undefined ? 404 : 200;
  const problem = { code: 'not-found', title: 'There is no such thing', detail: 'There is no such thing.', fix: 'Check the address.' };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? problem));
}
