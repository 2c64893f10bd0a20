import { writeSync } from 'node:fs';
import { spawn, type IPty } from 'node-pty';
import type { TerminalSize } from '../protocol.ts';

/** Input that a program does not read; what comes beyond it is dropped. */
const maxQueuedInputBytes = 1024 * 1024;
/** The kernel takes 4 KiB at most before the program reads; a full terminal is tried again after 2 to 50 ms. */
const firstRetryMs = 2;
const lastRetryMs = 50;

/** What to run in a terminal. */
export interface ShellSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a shell ended; `signal` 0: by itself. */
export interface ShellExit {
  readonly code: number;
  readonly signal: number;
}

/** Receives what the shell does. */
export interface ShellEvents {
  output(bytes: Buffer): void;
  exit(exit: ShellExit): void;
}

/**
 * One shell on a pseudo-terminal. The only importer of node-pty. Input is written by us and not by node-pty,
 * which spins on a terminal that nobody reads, without a bound on what waits.
 */
export class SandboxPty {
  readonly #pty: IPty & { readonly fd: number };
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #ended = false;

  /** Throws when the shell cannot be started. */
  constructor(shell: ShellSpec, size: TerminalSize, events: ShellEvents) {
    this.#pty = spawn(shell.command, [...shell.args], {
      name: 'xterm-256color',
      cols: size.cols,
      rows: size.rows,
      cwd: shell.directory,
      env: { ...shell.env },
      encoding: null,
    }) as IPty & { readonly fd: number };
    // With `encoding: null` node-pty delivers buffers, which its types do not say.
    this.#pty.onData((bytes) => events.output(bytes as unknown as Buffer));
    this.#pty.onExit(({ exitCode, signal }) => {
      this.#end();
      events.exit({ code: exitCode, signal: signal ?? 0 });
    });
  }

  /** Queues input in order; beyond 1 MiB of unread input it is dropped. */
  write(bytes: Uint8Array): void {
    if (this.#ended || this.#queuedBytes + bytes.byteLength > maxQueuedInputBytes) return;
    // A copy: the caller's bytes are a view of a buffer that is read into again.
    this.#queue.push(Buffer.from(bytes));
    this.#queuedBytes += bytes.byteLength;
    if (this.#retry === undefined) this.#drain();
  }

  resize(size: TerminalSize): void {
    if (!this.#ended) this.#pty.resize(size.cols, size.rows);
  }

  /** Stops reading, which makes the program wait as soon as the kernel's buffer is full. */
  pause(): void {
    if (!this.#ended) this.#pty.pause();
  }

  resume(): void {
    if (!this.#ended) this.#pty.resume();
  }

  /** Hangs up: the shell and what it started in the foreground get SIGHUP, and SIGKILL when it stays. */
  hangUp(): void {
    if (this.#ended) return;
    this.#pty.resume();
    this.#pty.kill('SIGHUP');
    const pty = this.#pty;
    setTimeout(() => {
      if (!this.#ended) pty.kill('SIGKILL');
    }, 1000).unref();
  }

  #drain(): void {
    this.#retry = undefined;
    while (!this.#ended && this.#queue.length > 0) {
      const next = this.#queue[0] as Buffer;
      const written = this.#tryWrite(next);
      if (written === undefined) return this.#retryLater();
      this.#retryMs = firstRetryMs;
      this.#queuedBytes -= written;
      if (written === next.byteLength) this.#queue.shift();
      else this.#queue[0] = next.subarray(written);
    }
  }

  /** Bytes written; undefined when the terminal is full; all of them when it is gone, which drops them. */
  #tryWrite(bytes: Buffer): number | undefined {
    try {
      return writeSync(this.#pty.fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? undefined : bytes.byteLength;
    }
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.#drain(), this.#retryMs);
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#queue.length = 0;
  }
}
