import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeFromHost,
  decodeToHost,
  encodeFromHost,
  encodeToHost,
  maxHostFrameBytes,
  type FromHostFrame,
  type ToHostFrame,
} from '../../../src/terminal/channel-protocol.ts';
import { FrameSplitter } from '../../../src/terminal/frame-splitter.ts';
import { Random } from './random.ts';

const toHost: ToHostFrame[] = [
  { kind: 'hello', version: 1 },
  { kind: 'join', viewer: 1, role: 'driver', client: '0123456789abcdef' },
  { kind: 'join', viewer: 65_535, role: 'observer', client: 'ffffffffffffffff' },
  { kind: 'leave', viewer: 2 },
  { kind: 'data', viewer: 3, frame: Uint8Array.of(1, 2, 3) },
];
const fromHost: FromHostFrame[] = [
  {
    kind: 'welcome',
    version: 1,
    terminals: [
      { terminal: 0, epoch: 77 },
      { terminal: 7, epoch: 0xffff_ffff },
    ],
  },
  { kind: 'terminals', terminals: [] },
  { kind: 'data', viewer: 9, frame: new Uint8Array(70_000).fill(5) },
  { kind: 'replaced' },
];

test('every frame of the channel comes back, however the stream is cut', () => {
  const stream = new Uint8Array(Buffer.concat([...fromHost, ...fromHost].map(encodeFromHost)));
  const random = new Random(7);
  for (const pieceBytes of [1, 2, 3, 5, 7, 64, 1000, 65_536, stream.length]) {
    const splitter = new FrameSplitter(maxHostFrameBytes);
    const frames: (FromHostFrame | undefined)[] = [];
    for (let position = 0; position < stream.length;) {
      const length = 1 + random.integer(pieceBytes);
      frames.push(...splitter.push(stream.subarray(position, position + length)).map(decodeFromHost));
      position += length;
    }
    assert.deepEqual(frames, [...fromHost, ...fromHost]);
  }
  for (const frame of toHost) assert.deepEqual(decodeToHost(encodeToHost(frame).subarray(4)), frame);
});

test('a length of zero or beyond the limit breaks the stream for good and holds no memory', () => {
  for (const length of [
    [0, 0, 0, 0],
    [0xff, 0xff, 0xff, 0xff],
    [0, 0x11, 0, 0],
  ]) {
    const splitter = new FrameSplitter(maxHostFrameBytes);
    assert.deepEqual(splitter.push(Uint8Array.from(length)), []);
    assert.equal(splitter.broken, true);
    assert.deepEqual(splitter.push(encodeFromHost({ kind: 'replaced' })), []);
  }
});

test('10,000 random, truncated and oversized channel frames never throw', () => {
  const random = new Random(42);
  const valid = [...toHost.map(encodeToHost), ...fromHost.map(encodeFromHost)].map((frame) => frame.subarray(4, 40));
  let taken = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const body = Uint8Array.from(random.integer(2) === 0 ? random.bytes(random.integer(40)) : valid[random.integer(valid.length)]!);
    if (body.length > 0) body[random.integer(body.length)] = random.integer(256);
    const cut = body.subarray(0, random.integer(body.length + 1));
    if (decodeFromHost(cut) !== undefined) taken += 1;
    if (decodeToHost(cut) !== undefined) taken += 1;
    const splitter = new FrameSplitter(1000);
    splitter.push(random.bytes(random.integer(50)));
  }
  assert.ok(taken > 100, `only ${taken} frames were valid`);
});

test('a list of terminals cannot name more than there are', () => {
  const frame = decodeFromHost(Uint8Array.of(0x32, 2, 3, 0, 0, 0, 1, 99, 0, 0, 0, 2));
  assert.deepEqual(frame, { kind: 'terminals', terminals: [{ terminal: 3, epoch: 1 }] });
  assert.equal(decodeFromHost(Uint8Array.of(0x32, 255)), undefined);
});
