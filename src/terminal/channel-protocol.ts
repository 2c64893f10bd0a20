import { ByteReader, ByteWriter } from './bytes.ts';
import { maxChunkBytes, maxSnapshotBytes, maxTerminals, type Role, type TerminalEntry } from './protocol.ts';

/** Version of the frames between the server and the pty-host; a host of another version is not talked to. */
export const channelVersion = 1;
/** Largest frame in either direction without its length: one wire frame and the headers. */
export const maxHostFrameBytes = maxSnapshotBytes + 64;
export const maxServerFrameBytes = maxChunkBytes + 64;

/**
 * From the server to the pty-host. A viewer is one socket of one page, numbered by the server.
 * On the stream each frame is `u32 length | u8 kind | body`; `data` carries one wire frame as it is.
 */
export type ToHostFrame =
  /** First of all: from now on this server is the one that the host talks to. */
  | { readonly kind: 'hello'; readonly version: number }
  | { readonly kind: 'join'; readonly viewer: number; readonly role: Role; readonly client: string }
  | { readonly kind: 'leave'; readonly viewer: number }
  | { readonly kind: 'data'; readonly viewer: number; readonly frame: Uint8Array };

/** From the pty-host to the server. */
export type FromHostFrame =
  | { readonly kind: 'welcome'; readonly version: number; readonly terminals: readonly TerminalEntry[] }
  | { readonly kind: 'terminals'; readonly terminals: readonly TerminalEntry[] }
  | { readonly kind: 'data'; readonly viewer: number; readonly frame: Uint8Array }
  /** Another server has attached; the stream ends after this. */
  | { readonly kind: 'replaced' };

const toHostType = { hello: 0x20, join: 0x21, leave: 0x22, data: 0x23 } as const;
const fromHostType = { welcome: 0x31, terminals: 0x32, data: 0x33, replaced: 0x34 } as const;

/** Encodes with the length in front, ready for the stream. */
export function encodeToHost(frame: ToHostFrame): Uint8Array<ArrayBuffer> {
  const viewer = frame.kind === 'hello' ? 0 : frame.viewer;
  const start = (length: number): ByteWriter =>
    new ByteWriter(7 + length)
      .u32(3 + length)
      .u8(toHostType[frame.kind])
      .u16(viewer);
  switch (frame.kind) {
    case 'hello':
      return start(1).u8(frame.version).bytes;
    case 'join':
      return start(9)
        .u8(frame.role === 'driver' ? 1 : 0)
        .raw(clientBytes(frame.client)).bytes;
    case 'leave':
      return start(0).bytes;
    case 'data':
      return start(frame.frame.byteLength).raw(frame.frame).bytes;
  }
}

/** Decodes one frame without its length; undefined when it is not valid. */
export function decodeToHost(bytes: Uint8Array): ToHostFrame | undefined {
  const reader = new ByteReader(bytes);
  const frame = readToHost(reader, reader.u8());
  return frame !== undefined && reader.complete ? frame : undefined;
}

function readToHost(reader: ByteReader, type: number): ToHostFrame | undefined {
  const viewer = reader.u16();
  switch (type) {
    case toHostType.hello:
      return { kind: 'hello', version: reader.u8() };
    case toHostType.join: {
      const role = reader.u8() === 1 ? 'driver' : 'observer';
      const client = hex(reader.u32()) + hex(reader.u32());
      return { kind: 'join', viewer, role, client };
    }
    case toHostType.leave:
      return { kind: 'leave', viewer };
    case toHostType.data:
      return { kind: 'data', viewer, frame: reader.rest(maxServerFrameBytes) };
    default:
      return undefined;
  }
}

/** Encodes with the length in front, ready for the stream. */
export function encodeFromHost(frame: FromHostFrame): Uint8Array<ArrayBuffer> {
  const start = (length: number): ByteWriter => new ByteWriter(5 + length).u32(1 + length).u8(fromHostType[frame.kind]);
  switch (frame.kind) {
    case 'welcome':
      return writeTerminals(start(2 + frame.terminals.length * 5).u8(frame.version), frame.terminals);
    case 'terminals':
      return writeTerminals(start(1 + frame.terminals.length * 5), frame.terminals);
    case 'data':
      return start(2 + frame.frame.byteLength)
        .u16(frame.viewer)
        .raw(frame.frame).bytes;
    case 'replaced':
      return start(0).bytes;
  }
}

/** Decodes one frame without its length; undefined when it is not valid. */
export function decodeFromHost(bytes: Uint8Array): FromHostFrame | undefined {
  const reader = new ByteReader(bytes);
  const frame = readFromHost(reader, reader.u8());
  return frame !== undefined && reader.complete ? frame : undefined;
}

function readFromHost(reader: ByteReader, type: number): FromHostFrame | undefined {
  switch (type) {
    case fromHostType.welcome:
      return { kind: 'welcome', version: reader.u8(), terminals: readTerminals(reader) };
    case fromHostType.terminals:
      return { kind: 'terminals', terminals: readTerminals(reader) };
    case fromHostType.data:
      return { kind: 'data', viewer: reader.u16(), frame: reader.rest(maxHostFrameBytes) };
    case fromHostType.replaced:
      return { kind: 'replaced' };
    default:
      return undefined;
  }
}

function writeTerminals(writer: ByteWriter, terminals: readonly TerminalEntry[]): Uint8Array<ArrayBuffer> {
  writer.u8(terminals.length);
  for (const entry of terminals) writer.u8(entry.terminal).u32(entry.epoch);
  return writer.bytes;
}

function readTerminals(reader: ByteReader): TerminalEntry[] {
  const count = Math.min(reader.u8(), maxTerminals + 1);
  const terminals = Array.from({ length: count }, () => ({ terminal: reader.u8(), epoch: reader.u32() }));
  return terminals.filter((entry) => entry.terminal < maxTerminals);
}

function clientBytes(client: string): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, index) => Number.parseInt(client.slice(index * 2, index * 2 + 2), 16) || 0);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
