/**
 * Reads big-endian numbers from bytes that nobody has checked yet. Reading past the end, or a u64 beyond
 * 2^53 - 1, sets `failed` and gives 0, so that a decoder checks once at its end.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** True when everything was read and nothing failed. */
  get complete(): boolean {
    return !this.#failed && this.#position === this.#bytes.byteLength;
  }

  u8(): number {
    return this.#take(1) ? this.#view.getUint8(this.#position - 1) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.#position - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#view.getUint32(this.#position - 4) : 0;
  }

  i32(): number {
    return this.#take(4) ? this.#view.getInt32(this.#position - 4) : 0;
  }

  u64(): number {
    const high = this.u32();
    const low = this.u32();
    if (high > 0x1f_ffff) {
      this.#failed = true;
      return 0;
    }
    return high * 0x1_0000_0000 + low;
  }

  /** A view, not a copy, of all that is left; more than `maxBytes` is a failure. */
  rest(maxBytes: number): Uint8Array {
    const left = this.#bytes.byteLength - this.#position;
    if (left > maxBytes) {
      this.#failed = true;
      return this.#bytes.subarray(0, 0);
    }
    this.#position += left;
    return this.#bytes.subarray(this.#position - left);
  }

  #take(count: number): boolean {
    if (this.#failed || this.#position + count > this.#bytes.byteLength) {
      this.#failed = true;
      return false;
    }
    this.#position += count;
    return true;
  }
}

/** Writes big-endian numbers into an array of exactly `length` bytes. */
export class ByteWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #position = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#position, value);
    this.#position += 1;
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#position, value);
    this.#position += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#position, value);
    this.#position += 4;
    return this;
  }

  i32(value: number): this {
    this.#view.setInt32(this.#position, value);
    this.#position += 4;
    return this;
  }

  u64(value: number): this {
    return this.u32(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000);
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#position);
    this.#position += bytes.byteLength;
    return this;
  }
}
