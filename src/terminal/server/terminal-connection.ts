import type { WebSocket } from 'ws';
import { z } from 'zod';
import { closeCode, type ClientControl, type ServerControl } from '../control.ts';
import { decodeClientFrame, type ClientFrame } from '../protocol.ts';
import { InputBudget } from './input-budget.ts';
import type { SandboxChannel } from './sandbox-channel.ts';
import type { TerminalGrant } from './ticket-book.ts';

/** The page's first message comes right after the connection. */
const helloTimeMs = 10_000;
/** Two of these without an answer and the other side is gone. */
const pingMs = 15_000;
/** Eight terminals with a full window each take half of it; a sandbox that ignores windows does not fill our memory. */
const maxBufferedBytes = 8 * 1024 * 1024;
/** A peer that does not answer our close is cut off, so that a revoked one is gone within a second. */
const closeTimeMs = 500;

const clientControl: z.ZodType<ClientControl> = z.object({
  type: z.literal('hello'),
  version: z.literal(1),
  client: z.string().regex(/^[0-9a-f]{16}$/),
});

/** What one socket may do and where its frames go. */
export interface ConnectionOptions {
  readonly grant: TerminalGrant;
  readonly channel: SandboxChannel;
  readonly isRevoked: (grant: TerminalGrant) => boolean;
}

/** One admitted WebSocket: enforces role, pace and liveness, and passes valid frames to the sandbox's channel. */
export class TerminalConnection {
  readonly grant: TerminalGrant;
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  readonly #budget = new InputBudget(performance.now());
  readonly #pingTimer: NodeJS.Timeout;
  readonly #helloTimer: NodeJS.Timeout;
  #link: ReturnType<SandboxChannel['join']> | undefined;
  #missedPongs = 0;

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.grant = options.grant;
    this.#helloTimer = setTimeout(() => this.close(closeCode.protocolError), helloTimeMs);
    this.#pingTimer = setInterval(() => this.#ping(), pingMs);
    socket.on('pong', () => {
      this.#missedPongs = 0;
    });
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#left());
    this.#tell({ type: 'hello', version: 1, role: options.grant.role });
  }

  /** Closes with a code of `closeCode`; a peer that does not answer is cut off after half a second. */
  close(code: number): void {
    this.#left();
    this.#socket.close(code);
    setTimeout(() => this.#socket.terminate(), closeTimeMs).unref();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const waitMs = this.#budget.spend(data.byteLength, performance.now());
    if (waitMs > 0) this.#pauseFor(waitMs);
    if (!isBinary) return this.#hello(data);
    const frame = decodeClientFrame(data);
    if (frame === undefined || this.#link === undefined) return this.close(closeCode.protocolError);
    if (this.#allowed(frame)) this.#link.send(data);
  }

  /** Observers only look; the right to look is checked at every attach. */
  #allowed(frame: ClientFrame): boolean {
    switch (frame.kind) {
      case 'ack':
      case 'ping':
        return true;
      case 'attach':
        if (!this.#options.isRevoked(this.grant)) return true;
        this.close(closeCode.revoked);
        return false;
      case 'input':
      case 'resize':
      case 'close':
        if (this.grant.role === 'driver') return true;
        this.#tell({ type: 'refused', what: frame.kind });
        return false;
    }
  }

  #hello(data: Buffer): void {
    const hello = clientControl.safeParse(parseJson(data));
    if (!hello.success || this.#link !== undefined) return this.close(closeCode.protocolError);
    clearTimeout(this.#helloTimer);
    this.#link = this.#options.channel.join({
      role: this.grant.role,
      client: hello.data.client,
      frame: (bytes) => this.#send(bytes),
      ready: (terminals) => this.#tell({ type: 'ready', terminals }),
      terminals: (terminals) => this.#tell({ type: 'terminals', terminals }),
      lost: () => this.#tell({ type: 'lost' }),
      ended: () => this.close(closeCode.ended),
    });
  }

  #tell(message: ServerControl): void {
    this.#send(JSON.stringify(message));
  }

  #send(data: string | Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxBufferedBytes) this.close(closeCode.tooSlow);
    else this.#socket.send(data);
  }

  #pauseFor(waitMs: number): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), waitMs);
  }

  #ping(): void {
    this.#missedPongs += 1;
    if (this.#missedPongs > 2) this.#socket.terminate();
    else this.#socket.ping();
  }

  #left(): void {
    clearTimeout(this.#helloTimer);
    clearInterval(this.#pingTimer);
    this.#link?.leave();
  }
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}
