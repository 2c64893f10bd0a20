import { closeCode, type ServerControl } from '../control.ts';
import { backoffMs } from '../flow-control.ts';
import { decodeServerFrame, protocolName, type Role, type TerminalEntry, type TerminalSize } from '../protocol.ts';
import { TerminalLine, type LineSink } from './terminal-line.ts';

/** How often the round trip is measured. */
const pingMs = 5_000;
/** Nothing at all for this long, although pings were sent: the connection is dead. */
const deadMs = 20_000;

/** The part of a browser's WebSocket that is used. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** What a person may be shown about the connection. */
export type ConnectionStatus =
  | { readonly state: 'connecting' }
  /** `latencyMs`: the whole way to the shell's host and back. */
  | { readonly state: 'ready'; readonly latencyMs: number | undefined }
  /** Nothing is lost; it goes on by itself. */
  | { readonly state: 'reconnecting' }
  /** Over: the session has ended, or the right to it. */
  | { readonly state: 'ended'; readonly revoked: boolean };

/** What the socket needs from the page. */
export interface TerminalSocketOptions {
  /** `wss://.../api/v1/sessions/<id>/terminals?ticket=<ticket>` */
  readonly socketUrl: (ticket: string) => string;
  /** A new one-use ticket; a rejection is tried again later. */
  readonly getTicket: () => Promise<string>;
  /** Replaces `new WebSocket(url, protocol)` outside a browser. */
  readonly connect?: (url: string, protocol: string) => SocketLike;
  readonly onStatus: (status: ConnectionStatus) => void;
  /** The living terminals, at each (re)connect and when they change. */
  readonly onTerminals: (terminals: readonly TerminalEntry[], role: Role) => void;
}

/** The page's one connection to its sandbox: carries all terminals, and comes back by itself without losing anything. */
export class TerminalSocket {
  readonly #options: TerminalSocketOptions;
  readonly #client = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  readonly #lines = new Map<number, TerminalLine>();
  readonly #pingTimer: ReturnType<typeof setInterval>;
  #socket: SocketLike | undefined;
  #role: Role = 'driver';
  #ready = false;
  #attempt = 0;
  #rttMs: number | undefined;
  #heardAt = performance.now();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(options: TerminalSocketOptions) {
    this.#options = options;
    this.#pingTimer = setInterval(() => this.#ping(), pingMs);
    options.onStatus({ state: 'connecting' });
    void this.#connect();
  }

  /** What the ticket allowed; known once `onTerminals` was called. */
  get role(): Role {
    return this.#role;
  }

  /** Opens terminal `terminal`, a new shell when there is none; output comes to `sink`. */
  open(terminal: number, size: TerminalSize, sink: LineSink): TerminalLine {
    const line = new TerminalLine(terminal, { sink, size, role: this.#role, transmit: (frame) => this.#transmit(frame) });
    this.#lines.set(terminal, line);
    if (this.#ready) {
      line.attach();
      line.ping(this.#stamp(), this.#rttMs ?? 0);
    }
    return line;
  }

  /** Forgets a terminal whose shell has ended. */
  forget(line: TerminalLine): void {
    if (this.#lines.get(line.terminal) === line) this.#lines.delete(line.terminal);
  }

  /** Tries again at once, for example when the network is back. */
  retryNow(): void {
    if (this.#retryTimer === undefined) return;
    clearTimeout(this.#retryTimer);
    void this.#connect();
  }

  /** Leaves; the shells live on. */
  dispose(): void {
    this.#ended = true;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#retryTimer);
    this.#socket?.close();
  }

  async #connect(): Promise<void> {
    this.#retryTimer = undefined;
    try {
      const url = this.#options.socketUrl(await this.#options.getTicket());
      if (this.#ended) return;
      const connect = this.#options.connect ?? ((address, protocol): SocketLike => new WebSocket(address, protocol) as SocketLike);
      const socket = connect(url, protocolName);
      this.#socket = socket;
      this.#heardAt = performance.now();
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: 1, client: this.#client }));
      socket.onmessage = (event) => this.#receive(event.data);
      socket.onclose = (event) => this.#closed(socket, event.code);
    } catch {
      this.#retryLater();
    }
  }

  #receive(data: unknown): void {
    this.#heardAt = performance.now();
    if (typeof data === 'string') return this.#control(JSON.parse(data) as ServerControl);
    const frame = decodeServerFrame(new Uint8Array(data as ArrayBuffer));
    if (frame === undefined) return;
    if (frame.kind === 'pong') this.#measured(performance.now() - frame.stamp / 1000);
    this.#lines.get(frame.terminal)?.receive(frame);
  }

  #control(message: ServerControl): void {
    switch (message.type) {
      case 'hello':
        this.#role = message.role;
        return;
      case 'ready':
        return this.#onReady(message.terminals);
      case 'terminals':
        return this.#options.onTerminals(message.terminals, this.#role);
      case 'lost':
        return this.#lost();
      case 'refused':
        return;
    }
  }

  #onReady(terminals: readonly TerminalEntry[]): void {
    this.#ready = true;
    this.#attempt = 0;
    this.#options.onStatus({ state: 'ready', latencyMs: this.#rttMs });
    for (const line of this.#lines.values()) line.attach();
    this.#options.onTerminals(terminals, this.#role);
  }

  #lost(): void {
    this.#ready = false;
    for (const line of this.#lines.values()) line.detached();
    this.#options.onStatus({ state: 'reconnecting' });
  }

  #closed(socket: SocketLike, code: number): void {
    if (this.#ended || socket !== this.#socket) return;
    this.#socket = undefined;
    if (code === closeCode.ended || code === closeCode.revoked) {
      this.dispose();
      this.#options.onStatus({ state: 'ended', revoked: code === closeCode.revoked });
    } else {
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#ended) return;
    this.#lost();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#connect(), backoffMs(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #ping(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (performance.now() - this.#heardAt > deadMs) {
      // A dead connection may take minutes to close; do not wait for it.
      socket.close();
      this.#closed(socket, 1006);
    } else {
      for (const line of this.#lines.values()) line.ping(this.#stamp(), this.#rttMs ?? 0);
    }
  }

  #measured(rttMs: number): void {
    this.#rttMs = Math.max(0, Math.round(rttMs));
    if (this.#ready) this.#options.onStatus({ state: 'ready', latencyMs: this.#rttMs });
  }

  /** Microseconds, so that it fits a whole number. */
  #stamp(): number {
    return Math.round(performance.now() * 1000);
  }

  #transmit(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === 1) this.#socket.send(frame);
  }
}
