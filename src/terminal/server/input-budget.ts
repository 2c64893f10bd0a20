/** Far more than anyone types or pastes at a time, far less than would occupy the server. */
const bytesPerSecond = 256 * 1024;
const burstBytes = 1024 * 1024;

/** How much a socket may send: 256 KiB a second after a burst of 1 MiB. */
export class InputBudget {
  #tokens = burstBytes;
  #countedAtMs: number;

  constructor(nowMs: number) {
    this.#countedAtMs = nowMs;
  }

  /** Counts bytes that have arrived; the milliseconds to stop reading for, 0 when all is well. */
  spend(bytes: number, nowMs: number): number {
    this.#tokens = Math.min(burstBytes, this.#tokens + ((nowMs - this.#countedAtMs) / 1000) * bytesPerSecond) - bytes;
    this.#countedAtMs = nowMs;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / bytesPerSecond) * 1000);
  }
}
