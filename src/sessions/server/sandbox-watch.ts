import type { SandboxDriver, SandboxSummary } from '../../sandboxes/server/sandbox-driver.ts';
import type { LiveSession } from './live-session.ts';

/** One list request to the engine takes some 10 ms; a lost sandbox is noticed within two rounds. */
const roundMs = 3_000;
/** An engine that is slow for a moment is not a lost one. */
const failuresUntilLost = 3;
/** Longer than any list request on a busy engine; a hanging engine is a lost one. */
const answerTimeoutMs = 10_000;

/** What the watch looks at and whom it tells. */
interface SandboxWatchParts {
  readonly sessions: () => readonly LiveSession[];
  readonly onLost: (session: LiveSession, reason: string) => Promise<void>;
  readonly onExpired: (session: LiveSession) => Promise<void>;
  readonly onEngineLost: (reason: string) => void;
  readonly warn: (message: string, error: unknown) => void;
}

/** Notices sessions whose time is over, sandboxes that died, and an engine that does not answer any more. */
export class SandboxWatch {
  readonly #parts: SandboxWatchParts;
  /** Ids of the sandboxes that looked lost in the round before. */
  #suspects = new Set<string>();
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SandboxWatchParts) {
    this.#parts = parts;
  }

  open(driver: SandboxDriver): void {
    this.close();
    this.#failures = 0;
    const timer = setInterval(() => {
      this.#round(driver, timer).catch((error: unknown) => this.#parts.warn('a round of the watch failed', error));
    }, roundMs);
    this.#timer = timer;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #round(driver: SandboxDriver, timer: NodeJS.Timeout): Promise<void> {
    const now = Date.now();
    await Promise.all(
      this.#parts
        .sessions()
        .filter(({ record }) => record.expiresAtMs <= now)
        .map(this.#parts.onExpired),
    );
    const watched = this.#parts.sessions().filter(({ sandbox }) => sandbox !== undefined);
    const found = await answerOf(driver.list());
    // The watch was closed or opened anew while the engine was thinking.
    if (this.#timer !== timer) return;
    if (found instanceof Error) this.#countFailure(found);
    else await this.#compare(watched, found);
  }

  #countFailure(error: Error): void {
    this.#failures += 1;
    if (this.#failures < failuresUntilLost) return;
    this.close();
    this.#parts.onEngineLost(`The engine does not answer any more: ${error.message}`);
  }

  async #compare(watched: readonly LiveSession[], found: readonly SandboxSummary[]): Promise<void> {
    this.#failures = 0;
    const states = new Map(found.map((summary) => [summary.id, summary.state]));
    const missing = watched.filter(({ sandbox }) => sandbox !== undefined && (states.get(sandbox.id) ?? 'broken') === 'broken');
    // Twice in a row: a part that is just being replaced is not a lost one.
    const lost = missing.filter(({ sandbox }) => sandbox !== undefined && this.#suspects.has(sandbox.id));
    this.#suspects = new Set(missing.map(({ sandbox }) => sandbox?.id ?? ''));
    await Promise.all(lost.map((session) => this.#parts.onLost(session, 'A part of the sandbox has stopped running.')));
  }
}

async function answerOf<T>(answer: Promise<T>): Promise<T | Error> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Error>((resolve) => {
    timer = setTimeout(() => resolve(new Error(`no answer within ${answerTimeoutMs / 1000} s`)), answerTimeoutMs);
  });
  try {
    return await Promise.race([answer, timeout]);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
  }
}
