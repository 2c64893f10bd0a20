import { errorCatalogue, type ErrorCode } from '../../shared/errors.ts';

/** A request that the server answered with a problem document, or could not answer at all. */
export class ApiProblem extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Code of the catalogue, or `unreachable`. */
  readonly code: ErrorCode | 'unreachable';
  readonly title: string;
  readonly fix: string;

  constructor(problem: { status: number; code: ErrorCode | 'unreachable'; title: string; detail: string; fix: string }) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.fix = problem.fix;
  }
}

/**
 * Calls the platform's interface. A learner without an account becomes a guest at the first thing that is done,
 * not by only looking.
 * Answers are typed by the caller from the neutral schemas: they come from the server that served this page.
 */
export class ApiClient {
  #guest: Promise<void> | undefined;

  get<Answer>(path: string): Promise<Answer> {
    return this.#call('GET', path);
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.#call('POST', path, body);
  }

  delete(path: string): Promise<void> {
    return this.#call('DELETE', path);
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const first = await send(method, path, body);
    if (first.status !== 401 || method === 'GET') return readAnswer(first);
    this.#guest ??= becomeGuest().finally(() => (this.#guest = undefined));
    await this.#guest;
    return readAnswer(await send(method, path, body));
  }
}

async function becomeGuest(): Promise<void> {
  await readAnswer(await send('POST', '/api/v1/guests', {}));
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
}

async function readAnswer<Answer>(response: Response): Promise<Answer> {
  const text = await response.text().catch(() => '');
  const value = parse(text);
  if (response.ok) return value as Answer;
  const problem = (value ?? {}) as { code?: string; title?: string; detail?: string; fix?: string };
  const code = problem.code !== undefined && problem.code in errorCatalogue ? (problem.code as ErrorCode) : 'internal-error';
  const known = errorCatalogue[code];
  throw new ApiProblem({
    status: response.status,
    code,
    title: problem.title ?? known.title,
    detail: problem.detail ?? `The server answered with status ${String(response.status)}.`,
    fix: problem.fix ?? known.fix,
  });
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(): ApiProblem {
  return new ApiProblem({
    status: 0,
    code: 'unreachable',
    title: 'The server does not answer',
    detail: 'Nothing came back from the address of this page.',
    fix: 'See whether `npm start` still runs; the page goes on by itself when it does.',
  });
}

/** Any failure as an ApiProblem, so that the page has something to show. */
export function toApiProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const { status, title, fix } = errorCatalogue['internal-error'];
  return new ApiProblem({ status, code: 'internal-error', title, detail: error instanceof Error ? error.message : String(error), fix });
}
