import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { readBody, RequestRefused, sendError, urlOf, type HostHandler } from './http-answers.ts';

/** A service behind the front. */
export interface Upstream {
  /** What a person calls it, for messages. */
  readonly title: string;
  readonly host: string;
  readonly port: number;
  /** What may be called; everything else is 404 without the service being asked. */
  readonly allows: (method: string, path: string) => boolean;
}

/** Certificate requests, log entries and timestamp queries are a few KiB; 256 KiB is generous. */
const maxBodyBytes = 256 * 1024;
/** Rekor answers when a checkpoint covers the entry, about two seconds; ten times that is a hang. */
const upstreamTimeoutMs = 20_000;
/** Clients give Fulcio their identity token as a bearer token. */
const forwardedHeaders = ['accept', 'authorization', 'content-type', 'user-agent'];
const returnedHeaders = ['content-type', 'content-length', 'cache-control', 'location'];

/** Hands requests on to `upstream`, with only the headers that matter; answers 502 or 504 when it fails. */
export function createUpstreamProxy(upstream: Upstream): HostHandler {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 8 });
  return async (request, response) => {
    const { pathname } = urlOf(request);
    const method = request.method ?? 'GET';
    if (!upstream.allows(method, pathname)) throw new RequestRefused(404, `${upstream.title} has no ${method} ${pathname} here.`);
    const body = await readBody(request, maxBodyBytes);
    await forward({ upstream, agent, request, response, body });
  };
}

interface Forwarding {
  readonly upstream: Upstream;
  readonly agent: http.Agent;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

async function forward({ upstream, agent, request, response, body }: Forwarding): Promise<void> {
  await new Promise<void>((resolve) => {
    const outgoing = http.request({
      agent,
      host: upstream.host,
      port: upstream.port,
      method: request.method,
      path: request.url,
      headers: { ...pick(request.headers, forwardedHeaders), 'content-length': body.length },
      timeout: upstreamTimeoutMs,
    });
    response.once('close', () => {
      outgoing.destroy();
      resolve();
    });
    outgoing.once('timeout', () => {
      sendError(response, 504, `${upstream.title} did not answer within ${upstreamTimeoutMs / 1000} s.`);
      outgoing.destroy();
    });
    outgoing.once('error', (error) =>
      sendError(response, 502, `${upstream.title} does not answer (${error.message}). Try again in a moment.`),
    );
    outgoing.once('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, pick(incoming.headers, returnedHeaders));
      incoming.on('error', () => response.destroy());
      incoming.pipe(response);
    });
    outgoing.end(body);
  });
}

function pick(headers: http.IncomingHttpHeaders, names: readonly string[]): http.OutgoingHttpHeaders {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
