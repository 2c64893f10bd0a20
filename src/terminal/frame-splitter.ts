/**
 * Cuts a stream of `u32 length | body` into bodies, however the stream was cut into chunks. Holds at most one
 * body of `maxBytes`. After an empty or too long frame it is `broken` for good, since nothing tells where the
 * next one begins.
 */
export class FrameSplitter {
  readonly #maxBytes: number;
  #header = 0;
  #headerBytes = 0;
  #body: Uint8Array | undefined;
  #bodyBytes = 0;
  #broken = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** The bodies that are complete now. They may be views of `chunk`: use them before the chunk changes. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bodies: Uint8Array[] = [];
    let position = 0;
    while (position < chunk.byteLength && !this.#broken) {
      if (this.#headerBytes < 4) {
        this.#readHeader(chunk[position] as number);
        position += 1;
        continue;
      }
      const rest = chunk.subarray(position);
      position += this.#readBody(rest, bodies);
    }
    return bodies;
  }

  #readHeader(byte: number): void {
    this.#header = this.#header * 256 + byte;
    this.#headerBytes += 1;
    if (this.#headerBytes === 4 && (this.#header === 0 || this.#header > this.#maxBytes)) this.#broken = true;
  }

  /** Takes what belongs to the current body and returns how much that was. */
  #readBody(rest: Uint8Array, bodies: Uint8Array[]): number {
    const length = this.#header;
    const missing = length - this.#bodyBytes;
    if (this.#body === undefined && rest.byteLength >= length) {
      bodies.push(rest.subarray(0, length));
      this.#startNext();
      return length;
    }
    this.#body ??= new Uint8Array(length);
    const part = rest.subarray(0, missing);
    this.#body.set(part, this.#bodyBytes);
    this.#bodyBytes += part.byteLength;
    if (this.#bodyBytes === length) {
      bodies.push(this.#body);
      this.#startNext();
    }
    return part.byteLength;
  }

  #startNext(): void {
    this.#header = 0;
    this.#headerBytes = 0;
    this.#body = undefined;
    this.#bodyBytes = 0;
  }
}
