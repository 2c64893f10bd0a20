import type { Agent } from 'node:http';
import { PlatformError } from '../../shared/errors.ts';
import { fetchBounded, type FetchAnswer } from './bounded-fetch.ts';
import type { Found } from './registry-reader.ts';

const maxAnswerBytes = 2 * 1024 * 1024;

/** What the API server says about a pod that is only tried. */
export type AdmissionAnswer =
  { readonly kind: 'admitted'; readonly warnings: readonly string[] } | { readonly kind: 'denied'; readonly message: string };

/** Where the API server is and for how long a check may ask. */
export interface ClusterReaderOptions {
  /** Connections that carry the grader's credential. */
  readonly agent: Agent;
  readonly host: string;
  readonly signal?: AbortSignal;
}

/** Reads a sandbox's cluster with the grader's credential. Throws PlatformError `cluster-unreachable`. */
export class ClusterReader {
  readonly #options: ClusterReaderOptions;

  constructor(options: ClusterReaderOptions) {
    this.#options = options;
  }

  /** One object or list by its path below the API server, as parsed JSON. */
  async get(path: string): Promise<Found<unknown>> {
    const answer = await this.#ask({ path, method: 'GET' });
    if (answer.kind === 'too-large') return { kind: 'unusable', reason: 'it is larger than 2 MiB' };
    if (answer.status === 404) return { kind: 'missing' };
    if (answer.status !== 200) throw unreachable(`answered ${answer.status} for ${path}: ${messageOf(answer.body)}`);
    return { kind: 'found', value: parseJson(answer.body) };
  }

  /** Asks whether a pod would be let in; nothing is created. */
  async tryPod(namespace: string, pod: object): Promise<AdmissionAnswer> {
    const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
    const answer = await this.#ask({ path, method: 'POST', body: JSON.stringify(pod) });
    if (answer.kind === 'too-large') throw unreachable('answered a dry run with more than 2 MiB');
    if (answer.status === 201) return { kind: 'admitted', warnings: warningsOf(answer.headers['warning']) };
    const message = messageOf(answer.body);
    // 5xx: the API server could not reach its own webhook; 401 and 404: it is not set up as it must be.
    if (![400, 403, 422].includes(answer.status)) throw unreachable(`answered ${answer.status} to a dry run: ${message}`);
    return { kind: 'denied', message };
  }

  async #ask(request: { path: string; method: string; body?: string }): Promise<FetchAnswer> {
    const { agent, host, signal } = this.#options;
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    try {
      return await fetchBounded({
        agent,
        host,
        headers,
        maxBytes: maxAnswerBytes,
        ...request,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw unreachable(`did not answer ${request.path}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }
}

function unreachable(what: string, cause?: unknown): PlatformError {
  return new PlatformError('cluster-unreachable', `The cluster ${what}`, { cause });
}

function messageOf(body: Buffer): string {
  const status = parseJson(body);
  const message = typeof status === 'object' && status !== null && 'message' in status ? status.message : undefined;
  return typeof message === 'string' ? message.slice(0, 2000) : body.toString('utf8').slice(0, 500);
}

/** Texts of `Warning: 299 - "..."` headers, which Node joins with commas. */
function warningsOf(header: string | string[] | undefined): string[] {
  const joined = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replaceAll('\\"', '"'));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
