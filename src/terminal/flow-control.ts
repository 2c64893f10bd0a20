/** Unparsed bytes a viewer may have: enough for a far viewer, little enough that Ctrl-C is felt at once. */
export const minWindowBytes = 128 * 1024;
export const maxWindowBytes = 512 * 1024;
/** What must be in flight for each millisecond of round trip to keep about 8 MB/s. */
const windowBytesPerMs = 8 * 1024;

/** A viewer tells what it has drawn after this many bytes or milliseconds, whichever is first. */
export const ackEveryBytes = 32 * 1024;
export const ackAfterMs = 50;

/** Output waits this long for more of it, so that a flood makes few frames. */
const coalesceMs = 4;
/** After this much silence, or this soon after a key, output goes out at once: it is an echo. */
const idleMs = 8;
const echoMs = 50;
/** As much as one frame takes. */
const coalesceBytes = 64 * 1024;

/** The window of a viewer whose round trip takes `rttMs`; an unknown one (0) gets the smallest. */
export function windowFor(rttMs: number): number {
  return Math.min(maxWindowBytes, Math.max(minWindowBytes, rttMs * windowBytesPerMs));
}

/** Milliseconds to wait before output is sent; 0 is at once. */
export function flushDelayMs(state: { pendingBytes: number; sinceFlushMs: number; sinceInputMs: number }): number {
  if (state.pendingBytes >= coalesceBytes || state.sinceFlushMs >= idleMs || state.sinceInputMs <= echoMs) return 0;
  return coalesceMs;
}

/** Whether the producer has to stand still: from more than `highBytes` of lag until a quarter of it. */
export function shouldPause(paused: boolean, lagBytes: number, highBytes: number): boolean {
  return lagBytes > (paused ? highBytes / 4 : highBytes);
}

/** Milliseconds before reconnect number `attempt` (from 0): 250 doubling to 8,000, less up to a half by `random` (0 to 1). */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(8000, 250 * 2 ** Math.min(attempt, 10)) * (1 - random / 2);
}
