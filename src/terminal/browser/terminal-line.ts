import { ackAfterMs, ackEveryBytes } from '../flow-control.ts';
import { encodeClientFrame, maxChunkBytes, type ClientFrame, type Role, type ServerFrame, type TerminalSize } from '../protocol.ts';

/** Typed while the sandbox cannot be reached: a command or two, sent when it is back. */
const maxOfflineBytes = 4 * 1024;
/** Sent and not confirmed: more than this is a paste that the program does not read. */
const maxPendingBytes = 1024 * 1024;

/** Where a terminal's output goes. `drawn` must be called when it is on the screen, in order. */
export interface LineSink {
  output(bytes: Uint8Array, drawn: () => void): void;
  /** Replaces everything shown so far. */
  snapshot(screen: { readonly size: TerminalSize; readonly bytes: Uint8Array }, drawn: () => void): void;
  /** Another shell than the one shown so far. */
  replaced(): void;
  size(size: TerminalSize, mine: boolean): void;
  /** `code` -1: there was no shell and none could be started. */
  exit(code: number): void;
}

interface PendingInput {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/**
 * One terminal as the page sees it, across reconnects: which output has arrived, which input is confirmed.
 * Output is never shown twice and input never typed twice.
 */
export class TerminalLine {
  readonly terminal: number;
  readonly #sink: LineSink;
  readonly #role: Role;
  readonly #transmit: (frame: Uint8Array<ArrayBuffer>) => void;
  #size: TerminalSize;
  #epoch = 0;
  #received = 0;
  #drawn = 0;
  #acked = 0;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #attached = false;
  #ending = false;
  #ended = false;
  #sequence = 0;
  #pending: PendingInput[] = [];
  #pendingBytes = 0;

  constructor(
    terminal: number,
    options: { sink: LineSink; role: Role; size: TerminalSize; transmit: (frame: Uint8Array<ArrayBuffer>) => void },
  ) {
    this.terminal = terminal;
    this.#sink = options.sink;
    this.#role = options.role;
    this.#size = options.size;
    this.#transmit = options.transmit;
  }

  /** Asks for everything after what has arrived; called whenever the sandbox can be reached again. */
  attach(): void {
    this.#attached = false;
    if (this.#ended) return;
    this.#send({ kind: 'attach', terminal: this.terminal, offset: this.#received, epoch: this.#epoch, role: this.#role, size: this.#size });
  }

  /** The sandbox cannot be reached: input waits. */
  detached(): void {
    this.#attached = false;
  }

  /** Sends input in order; false when it was dropped because too much is waiting. */
  input(bytes: Uint8Array): boolean {
    const limit = this.#attached ? maxPendingBytes : maxOfflineBytes;
    if (this.#ended || this.#role === 'observer' || this.#pendingBytes + bytes.byteLength > limit) return false;
    for (let start = 0; start < bytes.byteLength; start += maxChunkBytes) {
      this.#sequence += 1;
      const part = { sequence: this.#sequence, bytes: bytes.slice(start, start + maxChunkBytes) };
      this.#pending.push(part);
      this.#pendingBytes += part.bytes.byteLength;
      if (this.#attached) this.#sendInput(part);
    }
    return true;
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    if (this.#attached) this.#send({ kind: 'resize', terminal: this.terminal, size });
  }

  /** Ends the shell, at once or when it can be reached again. */
  end(): void {
    this.#ending = true;
    if (this.#attached) this.#send({ kind: 'close', terminal: this.terminal });
  }

  ping(stamp: number, rttMs: number): void {
    if (this.#attached) this.#send({ kind: 'ping', terminal: this.terminal, stamp, rttMs });
  }

  /** Takes one frame of this terminal. */
  receive(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'attached':
        return this.#onAttached(frame);
      case 'output':
        return this.#onOutput(frame.offset, frame.bytes);
      case 'snapshot':
        return this.#onSnapshot(frame);
      case 'size':
        return this.#sink.size(frame.size, frame.mine);
      case 'accepted':
        return this.#confirm(frame.sequence);
      case 'exit':
        this.#ended = true;
        this.#attached = false;
        return this.#sink.exit(frame.code);
      case 'pong':
        return;
    }
  }

  #onAttached(frame: Extract<ServerFrame, { kind: 'attached' }>): void {
    if (frame.epoch !== this.#epoch) {
      if (this.#epoch !== 0) {
        // Keys meant for the old shell must not reach the new one.
        this.#dropPending();
        this.#ending = false;
        this.#sink.replaced();
      }
      this.#epoch = frame.epoch;
      this.#sequence = Math.max(this.#sequence, frame.lastSequence);
      this.#received = this.#drawn = this.#acked = frame.offset;
    }
    this.#attached = true;
    this.#confirm(frame.lastSequence);
    for (const part of this.#pending) this.#sendInput(part);
    if (this.#ending) this.end();
  }

  #onOutput(offset: number, bytes: Uint8Array): void {
    // Something is missing or comes twice, which a correct host never does: ask again from where we are.
    if (offset !== this.#received) return this.attach();
    const end = offset + bytes.byteLength;
    const epoch = this.#epoch;
    this.#received = end;
    this.#sink.output(bytes, () => this.#onDrawn(epoch, end));
  }

  #onSnapshot(frame: Extract<ServerFrame, { kind: 'snapshot' }>): void {
    const epoch = this.#epoch;
    this.#received = frame.offset;
    this.#drawn = this.#acked = Math.min(this.#drawn, frame.offset);
    this.#sink.snapshot({ size: frame.size, bytes: frame.bytes }, () => {
      this.#onDrawn(epoch, frame.offset);
      this.#acknowledge();
    });
  }

  #onDrawn(epoch: number, end: number): void {
    if (epoch !== this.#epoch) return;
    this.#drawn = Math.max(this.#drawn, end);
    if (this.#drawn - this.#acked >= ackEveryBytes) this.#acknowledge();
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ackAfterMs);
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (!this.#attached) return;
    this.#acked = this.#drawn;
    this.#send({ kind: 'ack', terminal: this.terminal, offset: this.#drawn });
  }

  #confirm(sequence: number): void {
    while (this.#pending[0] !== undefined && this.#pending[0].sequence <= sequence) {
      this.#pendingBytes -= this.#pending[0].bytes.byteLength;
      this.#pending.shift();
    }
  }

  #dropPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #sendInput(part: PendingInput): void {
    this.#send({ kind: 'input', terminal: this.terminal, ...part });
  }

  #send(frame: ClientFrame): void {
    this.#transmit(encodeClientFrame(frame));
  }
}
