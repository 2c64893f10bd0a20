import { createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { TerminalSize } from '../protocol.ts';

/** One terminal's recording in asciicast v3: a header line, then `[seconds since the last event, code, data]` lines. */
export class RecordingFile {
  readonly #stream: WriteStream;
  readonly #maxBytes: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #continues: boolean;
  #written = 0;
  #started = false;
  #full = false;
  #lastEventMs = performance.now();

  /** Appends to a file that exists, for example from before a restart of the server. */
  constructor(path: string, options: { maxBytes: number; onError: (error: Error) => void }) {
    this.#maxBytes = options.maxBytes;
    this.#continues = existsSync(path);
    this.#stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
    this.#stream.on('error', options.onError);
  }

  /** The limit is reached; nothing more is taken. */
  get full(): boolean {
    return this.#full;
  }

  resize(size: TerminalSize): void {
    if (!this.#started && !this.#continues) {
      this.#line(
        JSON.stringify({
          version: 3,
          term: { cols: size.cols, rows: size.rows, type: 'xterm-256color' },
          timestamp: Math.floor(Date.now() / 1000),
        }),
      );
    } else this.#event('r', `${size.cols}x${size.rows}`);
    this.#started = true;
  }

  /** `done` is called when the bytes are handed to the disk. */
  output(bytes: Uint8Array, done: () => void): void {
    this.#event('o', this.#decoder.write(Buffer.from(bytes)), done);
  }

  mark(label: string): void {
    this.#event('m', label);
  }

  exit(code: number): void {
    this.#event('x', String(code));
    this.close();
  }

  close(): void {
    this.#full = true;
    this.#stream.end();
  }

  #event(code: 'o' | 'r' | 'm' | 'x', data: string, done?: () => void): void {
    const now = performance.now();
    const seconds = ((now - this.#lastEventMs) / 1000).toFixed(6);
    this.#lastEventMs = now;
    this.#line(`[${seconds}, "${code}", ${JSON.stringify(data)}]`, done);
  }

  #line(line: string, done?: () => void): void {
    if (this.#full) return;
    this.#written += Buffer.byteLength(line) + 1;
    if (this.#written <= this.#maxBytes) this.#stream.write(`${line}\n`, done);
    else {
      this.#stream.write(
        `[0.000000, "m", ${JSON.stringify(`The recording ends here: its limit of ${this.#maxBytes} bytes is reached.`)}]\n`,
      );
      this.close();
    }
  }
}
