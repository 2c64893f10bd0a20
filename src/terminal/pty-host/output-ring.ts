/** The last `capacity` bytes of an endless stream, addressed by absolute offsets. */
export class OutputRing {
  readonly #bytes: Buffer;
  #end = 0;

  constructor(capacity: number) {
    // Memory that was never written costs nothing until output arrives.
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Offset of the oldest byte still held. */
  get start(): number {
    return Math.max(0, this.#end - this.#bytes.byteLength);
  }

  /** Offset of the next byte to come. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Buffer): void {
    const capacity = this.#bytes.byteLength;
    const kept = bytes.byteLength > capacity ? bytes.subarray(bytes.byteLength - capacity) : bytes;
    const position = (this.#end + bytes.byteLength - kept.byteLength) % capacity;
    const untilWrap = Math.min(kept.byteLength, capacity - position);
    kept.copy(this.#bytes, position, 0, untilWrap);
    kept.copy(this.#bytes, 0, untilWrap);
    this.#end += bytes.byteLength;
  }

  /** A copy of up to `maxBytes` from `offset`, which must lie between `start` and `end`. */
  read(offset: number, maxBytes: number): Buffer {
    if (offset < this.start || offset > this.#end) throw new RangeError(`Offset ${offset} is outside ${this.start} to ${this.#end}.`);
    const capacity = this.#bytes.byteLength;
    const length = Math.min(maxBytes, this.#end - offset);
    const position = offset % capacity;
    const untilWrap = Math.min(length, capacity - position);
    const first = this.#bytes.subarray(position, position + untilWrap);
    return Buffer.concat([first, this.#bytes.subarray(0, length - untilWrap)], length);
  }
}
