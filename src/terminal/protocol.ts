import { ByteReader, ByteWriter } from './bytes.ts';

/** The WebSocket subprotocol; its last part is the version of every frame below. */
export const protocolName = 'proofground.term.v1';
/** Terminals of one sandbox; each holds a ring and a screen of about 3 MiB in the sandbox's memory. */
export const maxTerminals = 8;
/** Largest payload of OUTPUT and INPUT: a frame that size delays the next one by a few milliseconds only. */
export const maxChunkBytes = 64 * 1024;
/** Largest SNAPSHOT payload: 1,000 coloured rows need about 70 KiB. */
export const maxSnapshotBytes = 1024 * 1024;
/** Largest message that a browser may send; a larger one closes the socket. */
export const maxMessageBytes = 256 * 1024;

/** A driver types and owns the size; an observer only watches. */
export type Role = 'driver' | 'observer';

/** Character cells. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** A living terminal: its index and the number that tells this shell from an earlier one of the same index. */
export interface TerminalEntry {
  readonly terminal: number;
  readonly epoch: number;
}

/** To the browser. Offsets are absolute byte counts of the shell's output since its start. */
export type ServerFrame =
  | { readonly kind: 'output'; readonly terminal: number; readonly offset: number; readonly bytes: Uint8Array }
  /** The screen at `offset`, as bytes that draw it on a reset terminal of that size. */
  | {
      readonly kind: 'snapshot';
      readonly terminal: number;
      readonly offset: number;
      readonly size: TerminalSize;
      readonly bytes: Uint8Array;
    }
  /** The shell has ended; `code` -1: there was none. */
  | { readonly kind: 'exit'; readonly terminal: number; readonly code: number; readonly signal: number }
  /** The size of the terminal; `mine` when this viewer decides it and answers the programs' questions. */
  | { readonly kind: 'size'; readonly terminal: number; readonly size: TerminalSize; readonly mine: boolean }
  | { readonly kind: 'pong'; readonly terminal: number; readonly stamp: number }
  /** Answer to ATTACH: output goes on at `offset`; `lastSequence` is the last INPUT taken from this client. */
  | { readonly kind: 'attached'; readonly terminal: number; readonly epoch: number; readonly offset: number; readonly lastSequence: number }
  /** Every INPUT up to `sequence` has reached the shell. */
  | { readonly kind: 'accepted'; readonly terminal: number; readonly sequence: number };

/** From the browser. */
export type ClientFrame =
  /** `sequence` counts from 1 for each client and terminal; a number that was taken already is dropped. */
  | { readonly kind: 'input'; readonly terminal: number; readonly sequence: number; readonly bytes: Uint8Array }
  /** The viewer has drawn everything before `offset`. */
  | { readonly kind: 'ack'; readonly terminal: number; readonly offset: number }
  | { readonly kind: 'resize'; readonly terminal: number; readonly size: TerminalSize }
  /** `epoch` 0: nothing is known; a driver gets a new shell when the terminal does not exist. */
  | {
      readonly kind: 'attach';
      readonly terminal: number;
      readonly offset: number;
      readonly epoch: number;
      readonly role: Role;
      readonly size: TerminalSize;
    }
  /** `stamp` comes back in PONG; `rttMs` is the last measured round trip, 0 when unknown. */
  | { readonly kind: 'ping'; readonly terminal: number; readonly stamp: number; readonly rttMs: number }
  /** Ends the terminal's shell. */
  | { readonly kind: 'close'; readonly terminal: number };

const serverType = { output: 0x01, snapshot: 0x02, exit: 0x03, size: 0x04, pong: 0x05, attached: 0x06, accepted: 0x07 } as const;
const clientType = { input: 0x11, ack: 0x12, resize: 0x13, attach: 0x14, ping: 0x15, close: 0x16 } as const;

/** Brings any size into what shells and screens can bear: 2 to 500 columns, 1 to 200 rows. */
export function clampSize(size: TerminalSize): TerminalSize {
  const clamp = (value: number, low: number, high: number): number =>
    Number.isFinite(value) ? Math.min(high, Math.max(low, Math.floor(value))) : low;
  return { cols: clamp(size.cols, 2, 500), rows: clamp(size.rows, 1, 200) };
}

export function encodeServerFrame(frame: ServerFrame): Uint8Array<ArrayBuffer> {
  const start = (length: number): ByteWriter => new ByteWriter(2 + length).u8(serverType[frame.kind]).u8(frame.terminal);
  switch (frame.kind) {
    case 'output':
      return start(8 + frame.bytes.byteLength)
        .u64(frame.offset)
        .raw(frame.bytes).bytes;
    case 'snapshot':
      return start(12 + frame.bytes.byteLength)
        .u64(frame.offset)
        .u16(frame.size.cols)
        .u16(frame.size.rows)
        .raw(frame.bytes).bytes;
    case 'exit':
      return start(6).i32(frame.code).u16(frame.signal).bytes;
    case 'size':
      return start(5)
        .u16(frame.size.cols)
        .u16(frame.size.rows)
        .u8(frame.mine ? 1 : 0).bytes;
    case 'pong':
      return start(8).u64(frame.stamp).bytes;
    case 'attached':
      return start(16).u32(frame.epoch).u64(frame.offset).u32(frame.lastSequence).bytes;
    case 'accepted':
      return start(4).u32(frame.sequence).bytes;
  }
}

/** The frame, or undefined when the bytes are not exactly one valid frame. Payloads are views of `bytes`. */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame | undefined {
  const reader = new ByteReader(bytes);
  const type = reader.u8();
  const terminal = reader.u8();
  if (terminal >= maxTerminals) return undefined;
  const frame = readServerFrame(reader, type, terminal);
  return frame !== undefined && reader.complete ? frame : undefined;
}

function readServerFrame(reader: ByteReader, type: number, terminal: number): ServerFrame | undefined {
  switch (type) {
    case serverType.output:
      return { kind: 'output', terminal, offset: reader.u64(), bytes: reader.rest(maxChunkBytes) };
    case serverType.snapshot:
      return { kind: 'snapshot', terminal, offset: reader.u64(), size: readSize(reader), bytes: reader.rest(maxSnapshotBytes) };
    case serverType.exit:
      return { kind: 'exit', terminal, code: reader.i32(), signal: reader.u16() };
    case serverType.size:
      return { kind: 'size', terminal, size: readSize(reader), mine: reader.u8() === 1 };
    case serverType.pong:
      return { kind: 'pong', terminal, stamp: reader.u64() };
    case serverType.attached:
      return { kind: 'attached', terminal, epoch: reader.u32(), offset: reader.u64(), lastSequence: reader.u32() };
    case serverType.accepted:
      return { kind: 'accepted', terminal, sequence: reader.u32() };
    default:
      return undefined;
  }
}

export function encodeClientFrame(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const start = (length: number): ByteWriter => new ByteWriter(2 + length).u8(clientType[frame.kind]).u8(frame.terminal);
  switch (frame.kind) {
    case 'input':
      return start(4 + frame.bytes.byteLength)
        .u32(frame.sequence)
        .raw(frame.bytes).bytes;
    case 'ack':
      return start(8).u64(frame.offset).bytes;
    case 'resize':
      return start(4).u16(frame.size.cols).u16(frame.size.rows).bytes;
    case 'attach':
      return start(17)
        .u64(frame.offset)
        .u32(frame.epoch)
        .u8(frame.role === 'driver' ? 1 : 0)
        .u16(frame.size.cols)
        .u16(frame.size.rows).bytes;
    case 'ping':
      return start(10).u64(frame.stamp).u16(Math.min(frame.rttMs, 0xffff)).bytes;
    case 'close':
      return start(0).bytes;
  }
}

/** The frame, or undefined when the bytes are not exactly one valid frame. Payloads are views of `bytes`; sizes are clamped. */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame | undefined {
  const reader = new ByteReader(bytes);
  const type = reader.u8();
  const terminal = reader.u8();
  if (terminal >= maxTerminals) return undefined;
  const frame = readClientFrame(reader, type, terminal);
  return frame !== undefined && reader.complete ? frame : undefined;
}

function readClientFrame(reader: ByteReader, type: number, terminal: number): ClientFrame | undefined {
  switch (type) {
    case clientType.input:
      return { kind: 'input', terminal, sequence: reader.u32(), bytes: reader.rest(maxChunkBytes) };
    case clientType.ack:
      return { kind: 'ack', terminal, offset: reader.u64() };
    case clientType.resize:
      return { kind: 'resize', terminal, size: readSize(reader) };
    case clientType.attach: {
      const offset = reader.u64();
      const epoch = reader.u32();
      const role = reader.u8() === 1 ? 'driver' : 'observer';
      return { kind: 'attach', terminal, offset, epoch, role, size: readSize(reader) };
    }
    case clientType.ping:
      return { kind: 'ping', terminal, stamp: reader.u64(), rttMs: reader.u16() };
    case clientType.close:
      return { kind: 'close', terminal };
    default:
      return undefined;
  }
}

function readSize(reader: ByteReader): TerminalSize {
  return clampSize({ cols: reader.u16(), rows: reader.u16() });
}
