import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Account } from '../../identity/account.ts';
import { PlatformError, toPlatformError } from '../../shared/errors.ts';
import { problemOf } from '../problem.ts';
import type { ApiServices } from './api-services.ts';
import { readCookie } from './cookies.ts';
import { matchRoute } from './match-route.ts';
import { RateLimits } from './rate-limits.ts';
import { readBytes, readJson } from './read-body.ts';
import type { Reply, Route } from './route.ts';
import { requireSameOrigin } from './same-origin.ts';
import { dataPolicy } from './security-headers.ts';

/** What the router works with. */
export interface RouterParts {
  readonly routes: readonly Route[];
  readonly services: ApiServices;
  /** Filled once the port is known. */
  readonly allowedOrigins: readonly string[];
  /** Called with what is the platform's own mistake. */
  readonly onMistake: (error: PlatformError) => void;
}

/** Answers the requests of the route table. Every failure is a problem document; nothing that a handler throws gets out. */
export class Router {
  readonly #parts: RouterParts;
  readonly #limits = new RateLimits();

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = URL.parse(request.url ?? '/', 'http://localhost') ?? new URL('http://localhost/');
      const { route, parameters } = this.#find(request, response, url);
      if (route.method !== 'GET') requireSameOrigin(request, this.#parts.allowedOrigins);
      const account = await this.#whoAsks(request);
      if (route.who === 'account' && account === undefined)
        throw new PlatformError('sign-in-needed', `${route.method} ${route.path} is for accounts.`);
      this.#spend(route, account?.id ?? request.socket.remoteAddress ?? '', response);
      const body = await readBodyOf(route, request);
      const call = { parameters, body, query: url.searchParams, account, lastEventId: lastEventIdOf(request) };
      send(response, await route.handle(call as never, this.#parts.services), route);
    } catch (error) {
      this.#refuse(response, toPlatformError(error));
      // What is left of a refused body is not read; the connection cannot be used any more.
      if (!request.complete) response.once('finish', () => request.destroy());
    }
  }

  #find(request: IncomingMessage, response: ServerResponse, url: URL): { route: Route; parameters: Record<string, string> } {
    const match = matchRoute(this.#parts.routes, request.method ?? 'GET', url.pathname);
    if ('route' in match) return match;
    if (match.allowed.length === 0) throw new PlatformError('not-found', `There is nothing at ${url.pathname.slice(0, 200)}.`);
    response.setHeader('allow', match.allowed.join(', '));
    throw new PlatformError('method-not-allowed', `${url.pathname.slice(0, 200)} takes ${match.allowed.join(', ')}.`);
  }

  async #whoAsks(request: IncomingMessage): Promise<Account | undefined> {
    const token = readCookie(request.headers.cookie, this.#parts.services.cookieName);
    return token === undefined ? undefined : this.#parts.services.accounts.findByToken(token);
  }

  #spend(route: Route, who: string, response: ServerResponse): void {
    const limit = route.limit ?? (route.method === 'GET' ? undefined : 'write');
    if (limit === undefined) return;
    const waitSeconds = this.#limits.take(limit, who);
    if (waitSeconds === 0) return;
    response.setHeader('retry-after', String(waitSeconds));
    throw new PlatformError('too-many-requests', `Try again in ${waitSeconds} s.`);
  }

  #refuse(response: ServerResponse, error: PlatformError): void {
    if (error.code === 'internal-error') this.#parts.onMistake(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // The message of our own mistake may hold anything; it is for the log, not for the reader.
    const detail = error.code === 'internal-error' ? 'The cause is in the server log.' : error.message;
    const body = JSON.stringify(problemOf(error.code, detail));
    writeHead(response, error.status, { 'content-type': 'application/problem+json; charset=utf-8' });
    response.end(body);
  }
}

async function readBodyOf(route: Route, request: IncomingMessage): Promise<unknown> {
  if (route.body === undefined) return undefined;
  return route.body instanceof z.ZodType ? readJson(request, route.body) : readBytes(request, route.body.maxBytes);
}

function send(response: ServerResponse, reply: Reply, route: Route): void {
  if ('stream' in reply) {
    reply.stream(response);
    return;
  }
  if ('json' in reply) {
    // Only what the interface documents gets out: the schema drops every other key, and a wrong answer is our mistake.
    const answer = route.answers[reply.status];
    if (answer === undefined || !('schema' in answer)) throw new Error(`${route.method} ${route.path} does not document ${reply.status}.`);
    const body = JSON.stringify(answer.schema.parse(reply.json));
    writeHead(response, reply.status, { 'content-type': 'application/json; charset=utf-8', ...reply.headers });
    response.end(body);
    return;
  }
  if ('bytes' in reply) {
    writeHead(response, reply.status, { 'content-type': reply.contentType, ...reply.headers });
    response.end(reply.bytes);
    return;
  }
  writeHead(response, reply.status, reply.headers ?? {});
  response.end();
}

function writeHead(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { 'cache-control': 'no-store', 'content-security-policy': dataPolicy, ...headers });
}

function lastEventIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' ? value.slice(0, 100) : undefined;
}
