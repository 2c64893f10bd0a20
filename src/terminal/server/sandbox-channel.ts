import type { OpenExec } from '../../engine/server/docker-types.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { FromHostFrame } from '../channel-protocol.ts';
import { backoffMs } from '../flow-control.ts';
import { decodeServerFrame, type Role, type TerminalEntry } from '../protocol.ts';
import { HostStream } from './host-stream.ts';
import type { ReportTerminal } from './terminal-events.ts';

/** A channel that nobody uses is closed after this; a reload of the page comes sooner. */
const idleMs = 60_000;
/** A channel that held this long was good: the next loss is tried again at once. */
const goodMs = 10_000;
/** Faults after which there is nothing to come back to. */
const finalCodes = new Set(['sandbox-gone', 'session-not-found']);

/** A page as the channel sees it. */
export interface ChannelViewer {
  readonly role: Role;
  readonly client: string;
  /** Does not keep the channel open by itself. */
  readonly background?: boolean;
  /** One valid wire frame for this viewer. */
  frame(bytes: Uint8Array): void;
  ready(terminals: readonly TerminalEntry[]): void;
  terminals(terminals: readonly TerminalEntry[]): void;
  /** Cannot be reached for now; called at every attempt. */
  lost(): void;
  /** There is nothing to come back to. */
  ended(): void;
}

/** What a channel needs. */
export interface ChannelOptions {
  readonly sessionId: string;
  /** Starts `pty-host attach` in the sandbox; throws PlatformError `sandbox-gone` when there is no sandbox. */
  readonly open: () => Promise<OpenExec>;
  readonly report: ReportTerminal;
  /** `open` said that there is nothing to come back to; the owner stops this channel. */
  readonly gone: () => void;
}

/** The one connection to a sandbox's pty-host, shared by all its viewers and made again whenever it breaks. */
export class SandboxChannel {
  readonly #options: ChannelOptions;
  readonly #viewers = new Map<number, ChannelViewer>();
  #nextViewer = 1;
  #stream: HostStream | undefined;
  #terminals: readonly TerminalEntry[] | undefined;
  #connecting = false;
  #stopped = false;
  #attempt = 0;
  #readyAtMs: number | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Adds a viewer, which is told `ready` as soon as the sandbox answers; returns how to send to it and to leave. */
  join(viewer: ChannelViewer): { send(frame: Uint8Array): void; leave(): void } {
    const number = this.#freeNumber();
    this.#viewers.set(number, viewer);
    if (viewer.background !== true) clearTimeout(this.#idleTimer);
    if (this.#terminals !== undefined) this.#welcome(number, viewer, this.#terminals);
    else if (this.#retryTimer === undefined) this.#connect();
    return {
      send: (frame) => this.#stream?.send({ kind: 'data', viewer: number, frame }),
      leave: () => this.#leave(number),
    };
  }

  /** Tells every viewer that it is over and closes; the shells are not touched. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#idleTimer);
    this.#stream?.close('The session has ended.');
    for (const viewer of this.#viewers.values()) viewer.ended();
    this.#viewers.clear();
  }

  /** Starts a connection unless there is one; failures are tried again until nobody is left. */
  #connect(): void {
    if (this.#connecting || this.#stopped || this.#stream !== undefined) return;
    this.#connecting = true;
    const startedAt = performance.now();
    this.#options.open().then(
      (exec) => {
        this.#connecting = false;
        if (this.#stopped) exec.close();
        else this.#use(exec, startedAt);
      },
      (error: unknown) => {
        this.#connecting = false;
        if (error instanceof PlatformError && finalCodes.has(error.code)) this.#options.gone();
        else this.#lose(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #use(exec: OpenExec, startedAt: number): void {
    this.#stream = new HostStream(exec, {
      frame: (frame) => {
        if (frame.kind === 'welcome')
          this.#options.report({
            kind: 'channel-ready',
            sessionId: this.#options.sessionId,
            afterMs: Math.round(performance.now() - startedAt),
          });
        this.#receive(frame);
      },
      closed: (reason) => {
        this.#stream = undefined;
        this.#terminals = undefined;
        if (this.#readyAtMs !== undefined && performance.now() - this.#readyAtMs > goodMs) this.#attempt = 0;
        this.#readyAtMs = undefined;
        this.#lose(reason);
      },
    });
  }

  #receive(frame: FromHostFrame): void {
    switch (frame.kind) {
      case 'welcome':
        this.#terminals = frame.terminals;
        this.#readyAtMs = performance.now();
        for (const [number, viewer] of this.#viewers) this.#welcome(number, viewer, frame.terminals);
        return;
      case 'terminals':
        this.#terminals = frame.terminals;
        for (const viewer of this.#viewers.values()) viewer.terminals(frame.terminals);
        return;
      case 'data':
        // A viewer that has just left may still be sent something.
        if (decodeServerFrame(frame.frame) === undefined) this.#stream?.close('The pty-host sent a frame that is not valid.');
        else this.#viewers.get(frame.viewer)?.frame(frame.frame);
        return;
      case 'replaced':
        return;
    }
  }

  #welcome(number: number, viewer: ChannelViewer, terminals: readonly TerminalEntry[]): void {
    this.#stream?.send({ kind: 'join', viewer: number, role: viewer.role, client: viewer.client });
    viewer.ready(terminals);
  }

  #lose(reason: string): void {
    if (this.#stopped) return;
    this.#options.report({ kind: 'channel-lost', sessionId: this.#options.sessionId, reason });
    for (const viewer of this.#viewers.values()) viewer.lost();
    if (this.#unused) return;
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.#connect();
      },
      backoffMs(this.#attempt, Math.random()),
    );
    this.#attempt += 1;
  }

  #leave(number: number): void {
    if (!this.#viewers.delete(number)) return;
    this.#stream?.send({ kind: 'leave', viewer: number });
    if (!this.#unused) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#stream?.close('Nobody uses it.'), idleMs);
    this.#idleTimer.unref();
  }

  get #unused(): boolean {
    return [...this.#viewers.values()].every((viewer) => viewer.background === true);
  }

  /** Numbers go round, so that a frame for a viewer that has left does not reach the next one. */
  #freeNumber(): number {
    do this.#nextViewer = (this.#nextViewer % 0xffff) + 1;
    while (this.#viewers.has(this.#nextViewer));
    return this.#nextViewer;
  }
}
