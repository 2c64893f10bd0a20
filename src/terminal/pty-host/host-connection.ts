import type { Socket } from 'node:net';
import {
  channelVersion,
  decodeToHost,
  encodeFromHost,
  maxServerFrameBytes,
  type FromHostFrame,
  type ToHostFrame,
} from '../channel-protocol.ts';
import { FrameSplitter } from '../frame-splitter.ts';
import { decodeClientFrame, encodeServerFrame, type ServerFrame } from '../protocol.ts';
import type { Viewer } from './attachment.ts';
import type { TerminalTable } from './terminal-table.ts';

/** Output that may wait in the channel before the terminals are asked to wait. */
const maxWaitingBytes = 1024 * 1024;
/** Sockets of one sandbox: pages of the learner and of those who watch. */
const maxViewers = 64;

/** The server's end of the channel as the pty-host sees it: viewers come and go, their frames are carried out. */
export class HostConnection {
  readonly #socket: Socket;
  readonly #table: TerminalTable;
  readonly #onHello: (connection: HostConnection) => void;
  readonly #viewers = new Map<number, Viewer>();
  readonly #splitter = new FrameSplitter(maxServerFrameBytes);

  /** `onHello`: a server of our version is there, from now on it is the one to talk to. */
  constructor(socket: Socket, table: TerminalTable, onHello: (connection: HostConnection) => void) {
    this.#socket = socket;
    this.#table = table;
    this.#onHello = onHello;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => table.pumpAll());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#leaveAll());
  }

  /** Tells the server which terminals live now. */
  tellTerminals(): void {
    this.#send({ kind: 'terminals', terminals: this.#table.list() });
  }

  /** Another server has come: say so and end. */
  replace(): void {
    this.#leaveAll();
    this.#socket.end(encodeFromHost({ kind: 'replaced' }));
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  #receive(chunk: Buffer): void {
    for (const body of this.#splitter.push(chunk)) {
      const frame = decodeToHost(body);
      if (frame === undefined) this.#socket.destroy();
      else this.#handle(frame);
    }
    if (this.#splitter.broken) this.#socket.destroy();
  }

  #handle(frame: ToHostFrame): void {
    switch (frame.kind) {
      case 'hello':
        if (frame.version === channelVersion) this.#onHello(this);
        return this.#send({ kind: 'welcome', version: channelVersion, terminals: this.#table.list() });
      case 'join':
        if (this.#viewers.size < maxViewers) this.#viewers.set(frame.viewer, this.#viewer(frame));
        return;
      case 'leave':
        return this.#leave(frame.viewer);
      case 'data': {
        const viewer = this.#viewers.get(frame.viewer);
        const carried = decodeClientFrame(frame.frame);
        if (viewer !== undefined && carried !== undefined) this.#table.handle(viewer, carried);
        return;
      }
    }
  }

  #viewer({ viewer, role, client }: Extract<ToHostFrame, { kind: 'join' }>): Viewer {
    return {
      role,
      client,
      send: (frame: ServerFrame) => this.#send({ kind: 'data', viewer, frame: encodeServerFrame(frame) }),
      canSend: () => this.#socket.writable && this.#socket.writableLength < maxWaitingBytes,
    };
  }

  #leave(number: number): void {
    const viewer = this.#viewers.get(number);
    if (viewer === undefined) return;
    this.#viewers.delete(number);
    this.#table.leave(viewer);
  }

  #leaveAll(): void {
    for (const number of [...this.#viewers.keys()]) this.#leave(number);
  }

  #send(frame: FromHostFrame): void {
    if (this.#socket.writable) this.#socket.write(encodeFromHost(frame));
  }
}
