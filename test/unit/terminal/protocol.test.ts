import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clampSize,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  maxChunkBytes,
  maxTerminals,
  type ClientFrame,
  type ServerFrame,
} from '../../../src/terminal/protocol.ts';
import { Random } from './random.ts';

const size = { cols: 120, rows: 40 };
const bytes = new TextEncoder().encode('learner@lab:~$ \u{1f680}');

const serverFrames: ServerFrame[] = [
  { kind: 'output', terminal: 0, offset: 2 ** 40 + 7, bytes },
  { kind: 'snapshot', terminal: 7, offset: Number.MAX_SAFE_INTEGER, size, bytes },
  { kind: 'exit', terminal: 1, code: -1, signal: 9 },
  { kind: 'size', terminal: 2, size, mine: true },
  { kind: 'pong', terminal: 3, stamp: 123_456_789_012 },
  { kind: 'attached', terminal: 4, epoch: 0xffff_ffff, offset: 99, lastSequence: 17 },
  { kind: 'accepted', terminal: 5, sequence: 4_000_000_000 },
];
const clientFrames: ClientFrame[] = [
  { kind: 'input', terminal: 0, sequence: 1, bytes },
  { kind: 'ack', terminal: 1, offset: 2 ** 33 },
  { kind: 'resize', terminal: 2, size },
  { kind: 'attach', terminal: 3, offset: 5, epoch: 6, role: 'observer', size },
  { kind: 'ping', terminal: 4, stamp: 2 ** 35, rttMs: 250 },
  { kind: 'close', terminal: 7 },
];

test('every frame of the wire comes back as it was sent', () => {
  for (const frame of serverFrames) assert.deepEqual(decodeServerFrame(encodeServerFrame(frame)), frame);
  for (const frame of clientFrames) assert.deepEqual(decodeClientFrame(encodeClientFrame(frame)), frame);
});

test('a frame of fixed length that is cut or has something behind it is refused', () => {
  for (const frame of clientFrames.filter(({ kind }) => kind !== 'input')) {
    const encoded = encodeClientFrame(frame);
    for (let length = 0; length < encoded.length; length += 1)
      assert.equal(decodeClientFrame(encoded.subarray(0, length)), undefined, `${frame.kind} cut to ${length}`);
    assert.equal(decodeClientFrame(Uint8Array.of(...encoded, 0)), undefined);
  }
});

test('a chunk over the limit and a terminal beyond the last are refused', () => {
  const tooLong = encodeClientFrame({ kind: 'input', terminal: 0, sequence: 1, bytes: new Uint8Array(maxChunkBytes + 1) });
  assert.equal(decodeClientFrame(tooLong), undefined);
  assert.equal(decodeClientFrame(encodeClientFrame({ kind: 'close', terminal: maxTerminals })), undefined);
  assert.equal(decodeServerFrame(encodeServerFrame({ kind: 'pong', terminal: 200, stamp: 1 })), undefined);
});

test('10,000 random, truncated and changed frames never throw, and what is taken is valid', () => {
  const random = new Random(20_240_501);
  let taken = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const frame = decodeClientFrame(mangled(random));
    if (frame === undefined) continue;
    taken += 1;
    assert.ok(frame.terminal < maxTerminals);
    if (frame.kind === 'resize' || frame.kind === 'attach') assert.deepEqual(clampSize(frame.size), frame.size);
    assert.deepEqual(decodeClientFrame(encodeClientFrame(frame)), frame);
  }
  assert.ok(taken > 100, `only ${taken} of the frames were valid: the test does not reach the decoder`);
  for (let round = 0; round < 10_000; round += 1) decodeServerFrame(mangled(random));
});

test('sizes are brought into bounds', () => {
  assert.deepEqual(clampSize({ cols: 0, rows: 0 }), { cols: 2, rows: 1 });
  assert.deepEqual(clampSize({ cols: 10_000, rows: 10_000 }), { cols: 500, rows: 200 });
  assert.deepEqual(clampSize({ cols: Number.NaN, rows: Infinity }), { cols: 2, rows: 1 });
  assert.deepEqual(decodeClientFrame(Uint8Array.of(0x13, 0, 0, 0, 0, 0)), { kind: 'resize', terminal: 0, size: { cols: 2, rows: 1 } });
});

/** A valid frame with some bytes changed, cut or added; or bytes at random behind a valid type. */
function mangled(random: Random): Uint8Array {
  const all = [...serverFrames.map(encodeServerFrame), ...clientFrames.map(encodeClientFrame)];
  const frame = Uint8Array.from(all[random.integer(all.length)]!);
  const way = random.integer(4);
  if (way === 0) return frame.subarray(0, random.integer(frame.length + 1));
  if (way === 1) return random.bytes(random.integer(64));
  if (way === 2) return Uint8Array.of(...frame, ...random.bytes(random.integer(8)));
  frame[random.integer(frame.length)] = random.integer(256);
  return frame;
}
