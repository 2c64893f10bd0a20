import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request for one of the hosts; the front has bounded its headers and its time. */
export type HostHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A request that is refused with an HTTP status and a sentence for the person who sent it. */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RequestRefused';
    this.status = status;
  }
}

/** Sends JSON with its length. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendBytes(response, { status, type: 'application/json', body: Buffer.from(JSON.stringify(body)) });
}

/** Sends bytes with their length; `cache` defaults to `no-store`. */
export function sendBytes(response: ServerResponse, answer: { status: number; type: string; body: Buffer; cache?: string }): void {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': answer.body.length,
    'cache-control': answer.cache ?? 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(answer.body);
}

/** Sends an error as every host of the front does. Nothing is sent when the answer has begun already. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sendJson(response, status, { code: status, message });
}

/**
 * The whole request body; refuses with 413 what is larger than `maxBytes`. The rest of it is thrown away as it comes,
 * until the front's time for a request is over, so that the sender can read the refusal.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The request body as JSON; refuses with 400 what is none. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await readBody(request, maxBytes);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestRefused(400, 'The body is not JSON.');
  }
}

/** Path and query of a request; the host is of no interest any more. */
export function urlOf(request: IncomingMessage): URL {
  const url = URL.parse(request.url ?? '/', 'https://front.lab');
  if (url === null) throw new RequestRefused(400, 'The address is malformed.');
  return url;
}

function tooLarge(maxBytes: number): RequestRefused {
  return new RequestRefused(413, `The body is larger than ${maxBytes} bytes.`);
}
