import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attachment, type Viewer } from '../../../src/terminal/pty-host/attachment.ts';
import { InputLedger } from '../../../src/terminal/pty-host/input-ledger.ts';
import { OutputRing } from '../../../src/terminal/pty-host/output-ring.ts';
import { InputBudget } from '../../../src/terminal/server/input-budget.ts';
import { backoffMs, flushDelayMs, shouldPause, windowFor } from '../../../src/terminal/flow-control.ts';
import type { ServerFrame } from '../../../src/terminal/protocol.ts';
import { Random } from './random.ts';

const kibibyte = 1024;

test('the window follows the round trip between 128 and 512 KiB', () => {
  assert.equal(windowFor(0), 128 * kibibyte);
  assert.equal(windowFor(40), 320 * kibibyte);
  assert.equal(windowFor(1000), 512 * kibibyte);
});

test('an echo goes out at once, a flood is collected', () => {
  assert.equal(flushDelayMs({ pendingBytes: 1, sinceFlushMs: 100, sinceInputMs: 1000 }), 0);
  assert.equal(flushDelayMs({ pendingBytes: 1, sinceFlushMs: 1, sinceInputMs: 10 }), 0);
  assert.equal(flushDelayMs({ pendingBytes: 4096, sinceFlushMs: 1, sinceInputMs: 1000 }), 4);
  assert.equal(flushDelayMs({ pendingBytes: 64 * kibibyte, sinceFlushMs: 1, sinceInputMs: 1000 }), 0);
});

test('a producer stands still from the limit until a quarter of it', () => {
  assert.equal(shouldPause(false, 1000, 1000), false);
  assert.equal(shouldPause(false, 1001, 1000), true);
  assert.equal(shouldPause(true, 251, 1000), true);
  assert.equal(shouldPause(true, 250, 1000), false);
});

test('reconnects wait longer and longer, eight seconds at most', () => {
  assert.equal(backoffMs(0, 0), 250);
  assert.equal(backoffMs(3, 0), 2000);
  assert.equal(backoffMs(50, 0), 8000);
  assert.equal(backoffMs(50, 1), 4000);
});

test('the ring gives back exactly the last bytes at every offset it holds', () => {
  const random = new Random(3);
  const ring = new OutputRing(1000);
  let all = Buffer.alloc(0);
  for (let round = 0; round < 300; round += 1) {
    const chunk = Buffer.from(random.bytes(random.integer(round % 50 === 0 ? 2500 : 90)));
    ring.append(chunk);
    all = Buffer.concat([all, chunk]);
    assert.equal(ring.end, all.length);
    assert.equal(ring.start, Math.max(0, all.length - 1000));
    const offset = ring.start + random.integer(ring.end - ring.start + 1);
    const length = random.integer(1200);
    assert.deepEqual(ring.read(offset, length), all.subarray(offset, offset + length));
  }
  assert.throws(() => ring.read(ring.start - 1, 1), RangeError);
});

test('a viewer gets what its window allows, and a picture of the screen when it has fallen behind the ring', () => {
  const sent: ServerFrame[] = [];
  const viewer: Viewer = { role: 'observer', client: '', send: (frame) => sent.push(frame), canSend: () => true };
  const ring = new OutputRing(640 * kibibyte);
  const attachment = new Attachment(viewer, { terminal: 0, ring }, 0);
  const snapshot = () => ({ offset: ring.end, size: { cols: 80, rows: 24 }, bytes: Buffer.from('screen') });
  ring.append(Buffer.alloc(300 * kibibyte));
  attachment.pump(snapshot);
  assert.equal(bytesIn(sent), 128 * kibibyte);
  attachment.ack(10_000_000);
  attachment.pump(snapshot);
  assert.equal(bytesIn(sent), 128 * kibibyte, 'an acknowledgement of what was never sent moves nothing');
  ring.append(Buffer.alloc(800 * kibibyte));
  attachment.ack(128 * kibibyte);
  attachment.pump(snapshot);
  ring.append(Buffer.alloc(800 * kibibyte));
  attachment.pump(snapshot);
  assert.deepEqual(sent.filter(({ kind }) => kind === 'snapshot').length, 1, 'no second picture before the first is drawn');
  attachment.ack(1100 * kibibyte);
  attachment.pump(snapshot);
  assert.deepEqual(sent.filter(({ kind }) => kind === 'snapshot').length, 2);
});

test('input that was taken is not taken again, and confirmations come together', async () => {
  const ledger = new InputLedger();
  assert.equal(ledger.take('a', 1), true);
  assert.equal(ledger.take('a', 1), false);
  assert.equal(ledger.take('b', 1), true);
  assert.equal(ledger.take('a', 2), true);
  const confirmed: number[] = [];
  ledger.confirmLater('a', 1, (sequence) => confirmed.push(sequence));
  ledger.take('a', 3);
  ledger.confirmLater('a', 1, (sequence) => confirmed.push(sequence));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(confirmed, [3]);
  for (let client = 0; client < 100; client += 1) ledger.take(`client ${client}`, 5);
  assert.equal(ledger.last('client 99'), 5);
  assert.equal(ledger.last('a'), 0, 'the oldest pages are forgotten');
  ledger.dispose();
});

test('a socket may send 1 MiB at once and 256 KiB a second after that', () => {
  const budget = new InputBudget(0);
  assert.equal(budget.spend(1024 * kibibyte, 0), 0);
  assert.equal(budget.spend(128 * kibibyte, 0), 500);
  assert.equal(budget.spend(0, 500), 0);
  assert.equal(budget.spend(256 * kibibyte, 1500), 0);
});

function bytesIn(frames: readonly ServerFrame[]): number {
  return frames.reduce((sum, frame) => sum + (frame.kind === 'output' ? frame.bytes.byteLength : 0), 0);
}
