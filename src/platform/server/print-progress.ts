import { styleText } from 'node:util';
import type { Report, StageEvent } from '../../shared/progress.ts';

/** How often a long stage is heard of where no line can be rewritten. */
const quietLineMs = 10_000;
const rewriteMs = 500;

/** Where to print; the parts of a terminal that are used. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Running {
  readonly event: StageEvent;
  readonly startedAt: number;
  toldAt: number;
}

/**
 * Prints stages as they end, one line each, and what is running meanwhile: on a terminal in a last line that is
 * rewritten, elsewhere as a line every ten seconds. The cause of a failure is told by whoever handles it.
 */
export class ProgressPrinter {
  readonly #screen: Screen;
  readonly #colour: boolean;
  readonly #running = new Map<string, Running>();
  readonly #timer: NodeJS.Timeout;

  constructor(screen: Screen, env: Readonly<Record<string, string | undefined>>) {
    this.#screen = screen;
    this.#colour = screen.isTTY === true && (env['NO_COLOR'] ?? '') === '';
    this.#timer = setInterval(() => this.#tell(), rewriteMs);
    this.#timer.unref();
  }

  readonly report: Report = (event) => {
    if (event.state === 'running') {
      const known = this.#running.get(event.stage);
      const startedAt = performance.now() - event.elapsedMs;
      this.#running.set(event.stage, { event, startedAt: known?.startedAt ?? startedAt, toldAt: known?.toldAt ?? performance.now() });
      this.#rewrite();
      return;
    }
    this.#running.delete(event.stage);
    this.line(`${this.#mark(event.state)} ${event.title.padEnd(44)} ${seconds(event.elapsedMs)}`);
  };

  /** Prints a line above what is running. */
  line(text: string): void {
    this.#clear();
    this.#screen.write(`${text}\n`);
    this.#rewrite();
  }

  /** Text in bold, where there are colours. */
  bold(text: string): string {
    return this.#colour ? styleText('bold', text, { validateStream: false }) : text;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#clear();
    this.#running.clear();
  }

  #tell(): void {
    if (this.#screen.isTTY === true) {
      this.#rewrite();
      return;
    }
    const now = performance.now();
    for (const running of this.#running.values()) {
      if (now - running.toldAt < quietLineMs) continue;
      running.toldAt = now;
      this.#screen.write(`. ${describe(running)}\n`);
    }
  }

  #rewrite(): void {
    const newest = [...this.#running.values()].at(-1);
    if (this.#screen.isTTY !== true || newest === undefined) return;
    this.#clear();
    this.#screen.write(`. ${describe(newest)}`.slice(0, (this.#screen.columns ?? 80) - 1));
  }

  #clear(): void {
    if (this.#screen.isTTY === true) this.#screen.write('\r\u001b[K');
  }

  #mark(state: 'done' | 'failed'): string {
    const mark = state === 'done' ? 'v' : 'x';
    if (!this.#colour) return mark;
    return styleText(state === 'done' ? 'green' : 'red', mark, { validateStream: false });
  }
}

function describe({ event, startedAt }: Running): string {
  const usual = event.expectedMs === undefined ? '' : ` of about ${seconds(event.expectedMs)}`;
  const detail = event.detail === undefined ? '' : `  ${event.detail.split('\n').at(-1) ?? ''}`;
  return `${event.title}  ${seconds(performance.now() - startedAt)}${usual}${detail}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
