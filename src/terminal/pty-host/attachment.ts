import { minWindowBytes, windowFor } from '../flow-control.ts';
import { maxChunkBytes, type Role, type ServerFrame } from '../protocol.ts';
import type { OutputRing } from './output-ring.ts';
import type { ScreenSnapshot } from './terminal-screen.ts';

/** One page of one person, as the server announced it. */
export interface Viewer {
  readonly role: Role;
  /** 16 hex digits; the same after a reconnect of the same page. */
  readonly client: string;
  send(frame: ServerFrame): void;
  /** False while too much waits in the channel. */
  canSend(): boolean;
}

/** Where one viewer stands in one terminal's output. It pulls from the ring, so a slow one costs nobody anything. */
export class Attachment {
  readonly viewer: Viewer;
  readonly #terminal: number;
  readonly #ring: OutputRing;
  #sent: number;
  #acked: number;
  #window = minWindowBytes;
  /** After a snapshot nothing is sent until it is drawn, or a flood would make snapshot after snapshot. */
  #snapshotOffset: number | undefined;

  /** The viewer has everything before `offset`. */
  constructor(viewer: Viewer, source: { readonly terminal: number; readonly ring: OutputRing }, offset: number) {
    this.viewer = viewer;
    this.#terminal = source.terminal;
    this.#ring = source.ring;
    this.#sent = offset;
    this.#acked = offset;
  }

  /** Bytes that the shell has written and this viewer has not drawn. */
  get lagBytes(): number {
    return this.#ring.end - this.#acked;
  }

  get windowBytes(): number {
    return this.#window;
  }

  /** Everything that the shell has written is on its way. */
  get caughtUp(): boolean {
    return this.#sent === this.#ring.end;
  }

  measured(rttMs: number): void {
    this.#window = windowFor(rttMs);
  }

  /** An offset that was never sent is ignored. */
  ack(offset: number): void {
    if (offset > this.#sent) return;
    this.#acked = Math.max(this.#acked, offset);
    if (this.#snapshotOffset !== undefined && offset >= this.#snapshotOffset) this.#snapshotOffset = undefined;
  }

  sendSnapshot(snapshot: ScreenSnapshot): void {
    const { offset, size, bytes } = snapshot;
    this.viewer.send({ kind: 'snapshot', terminal: this.#terminal, offset, size, bytes });
    this.#sent = offset;
    this.#acked = offset;
    this.#snapshotOffset = offset;
  }

  /** Sends what the window allows; `snapshot` is used when the viewer has fallen behind the ring. */
  pump(snapshot: () => ScreenSnapshot): void {
    while (!this.caughtUp && this.viewer.canSend() && this.#snapshotOffset === undefined) {
      const room = this.#window - (this.#sent - this.#acked);
      if (room <= 0) return;
      if (this.#sent < this.#ring.start) {
        this.sendSnapshot(snapshot());
        return;
      }
      const bytes = this.#ring.read(this.#sent, Math.min(room, maxChunkBytes));
      this.viewer.send({ kind: 'output', terminal: this.#terminal, offset: this.#sent, bytes });
      this.#sent += bytes.byteLength;
    }
  }
}
