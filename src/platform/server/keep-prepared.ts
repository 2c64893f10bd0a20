import { setTimeout as sleep } from 'node:timers/promises';
import type { PreparationBoard } from './preparation-board.ts';

/** Time between attempts: a registry that is down comes back in minutes, an engine in seconds. */
const firstRetryMs = 5_000;
const longestRetryMs = 60_000;

/** What lets go of its connections when it is replaced. */
interface Stoppable {
  stop(): Promise<void>;
}

/** How the platform is brought up, and what happens then. */
export interface Preparation<Platform extends Stoppable> {
  readonly prepare: () => Promise<Platform>;
  readonly open: (platform: Platform) => Promise<void>;
  readonly board: PreparationBoard;
  /** Told about every attempt that failed. */
  readonly onFailure: (error: unknown, retryMs: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Keeps the platform prepared: tries until it is, with growing pauses, and begins anew whenever `lost` says that the
 * engine is gone. Ends when the signal is aborted.
 */
export class PlatformKeeper<Platform extends Stoppable> {
  readonly #parts: Preparation<Platform>;
  #wake: (() => void) | undefined;

  constructor(parts: Preparation<Platform>) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { board, open, prepare, signal } = this.#parts;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      board.begin();
      try {
        const lost = this.#untilLost();
        const platform = await prepare();
        await open(platform);
        board.ready();
        retryMs = firstRetryMs;
        await lost;
        await platform.stop();
      } catch (error) {
        if (signal.aborted) return;
        board.fail(error);
        this.#parts.onFailure(error, retryMs);
        await sleep(retryMs, undefined, { signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    }
  }

  /** The engine is gone: prepare again. */
  lost(): void {
    this.#wake?.();
  }

  #untilLost(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#parts.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
