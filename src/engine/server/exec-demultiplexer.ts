import { PassThrough, Writable } from 'node:stream';

const headerBytes = 8;

/**
 * Splits the multiplexed stream of an exec without TTY (Engine API: one byte 1 or 2 for the output, three zero
 * bytes, u32 length, payload) into its two outputs. It waits for a reader that is slow, so that a flood from a
 * sandbox stays in the sandbox; both outputs must therefore be read or resumed.
 */
export class ExecDemultiplexer extends Writable {
  readonly output = new PassThrough();
  readonly errors = new PassThrough();
  #header = Buffer.alloc(0);
  #remaining = 0;
  #target: PassThrough = this.output;

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    let rest = chunk;
    let full: PassThrough | undefined;
    while (rest.length > 0) {
      if (this.#remaining === 0) {
        rest = this.#takeHeader(rest);
        continue;
      }
      const payload = rest.subarray(0, this.#remaining);
      rest = rest.subarray(payload.length);
      this.#remaining -= payload.length;
      if (!this.#target.destroyed && !this.#target.write(payload)) full = this.#target;
    }
    if (full === undefined) callback();
    else waitForRoom(full, callback);
  }

  override _final(callback: () => void): void {
    this.#endBoth();
    callback();
  }

  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    this.#endBoth();
    callback(null);
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missing = headerBytes - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)]);
    if (this.#header.length === headerBytes) {
      this.#target = this.#header[0] === 2 ? this.errors : this.output;
      this.#remaining = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }

  #endBoth(): void {
    this.output.end();
    this.errors.end();
  }
}

function waitForRoom(stream: PassThrough, callback: () => void): void {
  const settle = (): void => {
    stream.off('drain', settle);
    stream.off('close', settle);
    callback();
  };
  stream.on('drain', settle);
  stream.on('close', settle);
}
