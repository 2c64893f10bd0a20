import http from 'node:http';

/** One request; everything about the answer is bounded. */
export interface FetchRequest {
  /** An agent whose connections already lead to the host, TLS included where it is wanted. */
  readonly agent: http.Agent;
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Bytes of the answer's body that are read at most. */
  readonly maxBytes: number;
  /** Milliseconds for the whole exchange; default 10,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** An answer, or `too-large` when its body had more than `maxBytes`. Redirects are answers like others, never followed. */
export type FetchAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer }
  | { readonly kind: 'too-large' };

const defaultTimeoutMs = 10_000;

/** Sends a request and reads the whole answer. Rejects when there is none within the time, or when it breaks off. */
export function fetchBounded(request: FetchRequest): Promise<FetchAnswer> {
  const limit = AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs);
  const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]);
  return new Promise((resolve, reject) => {
    const { agent, host, path, method = 'GET', headers = {}, body } = request;
    const sent = http.request({ agent, host, path, method, headers: { host, ...headers }, signal });
    // The agent's own connecting does not hear of the signal.
    signal.addEventListener('abort', () => reject(new Error(`no whole answer within the time`)), { once: true });
    sent.once('error', reject);
    sent.once('response', (response) => {
      readBody(response, request.maxBytes).then((read) => {
        if (read === undefined) resolve({ kind: 'too-large' });
        else resolve({ kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, body: read });
      }, reject);
    });
    sent.end(body);
  });
}

async function readBody(response: http.IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response, and with it the connection.
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
