import { SerializeAddon } from '@xterm/addon-serialize';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import headless from '@xterm/headless';
import { maxSnapshotBytes, type TerminalSize } from '../protocol.ts';
import { SequenceTracker } from './sequence-tracker.ts';

/** Rows above the screen that a snapshot carries; 1,000 cost about 1.9 MiB here and 20 ms to serialize. */
const scrollbackRows = 1000;

/** What the serializer leaves out and we add: how the mouse is told, margins, line-drawing characters, the cursor's shape. */
const mouseEncodings = new Set([1005, 1006, 1015, 1016]);
const cursorVisible = 25;
/** A longer address is not carried over; its text is. */
const maxLinkCharacters = 2048;

/** The screen at `offset` as bytes that draw it on a reset terminal of `size`. */
export interface ScreenSnapshot {
  readonly offset: number;
  readonly size: TerminalSize;
  readonly bytes: Buffer;
}

/** The screen of a terminal without a display: what a new viewer is shown, and the viewer that never goes away. */
export class TerminalScreen {
  readonly #terminal: InstanceType<typeof headless.Terminal>;
  readonly #serializer = new SerializeAddon();
  readonly #tracker = new SequenceTracker();
  readonly #encodings = new Set<number>();
  #margins = '';
  #lineDrawing = '';
  #link = '';
  #cursorShape = '';
  #cursorHidden = false;
  #parsed = 0;

  /** `onReply` gets the answers to programs' questions (cursor position, device attributes). */
  constructor(size: TerminalSize, onReply: (answer: string) => void) {
    this.#terminal = new headless.Terminal({ ...size, scrollback: scrollbackRows, allowProposedApi: true });
    this.#terminal.loadAddon(this.#serializer);
    // The page measures characters the same way, or a snapshot would put the cursor elsewhere.
    this.#terminal.loadAddon(new UnicodeGraphemesAddon());
    this.#terminal.onData(onReply);
    this.#followModes();
  }

  /** Offset up to which the screen shows the output. */
  get parsed(): number {
    return this.#parsed;
  }

  get usesAlternateBuffer(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  /** Draws; `done` is called when it is on the screen, in order. */
  write(bytes: Uint8Array, done: () => void): void {
    this.#terminal.write(bytes, () => {
      this.#tracker.push(bytes);
      this.#parsed += bytes.byteLength;
      done();
    });
  }

  resize(size: TerminalSize): void {
    this.#terminal.resize(size.cols, size.rows);
  }

  /** `read` gives the raw output from an offset; it is asked for an unfinished sequence at the end only. */
  snapshot(read: (offset: number, bytes: number) => Buffer): ScreenSnapshot {
    const tail = this.#tracker.tailBytes;
    const drawn = Buffer.from(this.#draw() + this.#extras(), 'utf8');
    const bytes = Buffer.concat([drawn, read(this.#parsed - tail, tail)]);
    return { offset: this.#parsed, size: { cols: this.#terminal.cols, rows: this.#terminal.rows }, bytes };
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  /** As many rows as fit into a snapshot; a screen that does not fit at all is given without its colours. */
  #draw(): string {
    for (const scrollback of [scrollbackRows, 200, 0]) {
      // The serializer leaves the current colours on when it goes over to the alternate screen, where it expects none.
      const drawn = this.#serializer.serialize({ scrollback }).replace('\x1b[?1049h', '\x1b[0m\x1b[?1049h');
      // A character is at most three bytes of UTF-8 for each unit of the string.
      if (drawn.length * 3 < maxSnapshotBytes - 128 * 1024) return drawn;
    }
    const buffer = this.#terminal.buffer.active;
    const rows = Array.from({ length: this.#terminal.rows }, (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '');
    return rows.join('\r\n');
  }

  #extras(): string {
    const buffer = this.#terminal.buffer.active;
    const encodings = [...this.#encodings].map((mode) => `\x1b[?${mode}h`).join('');
    // Setting margins moves the cursor home, so it is put back.
    const margins = this.#margins === '' ? '' : `${this.#margins}\x1b[${buffer.cursorY + 1};${buffer.cursorX + 1}H`;
    // A link underlines what it covers; the serializer takes that for an underline of the text.
    const link = this.#link === '' ? '' : `\x1b[24m\x1b]8;${this.#link}\x07`;
    return encodings + margins + link + this.#lineDrawing + this.#cursorShape + (this.#cursorHidden ? '\x1b[?25l' : '');
  }

  #followModes(): void {
    const parser = this.#terminal.parser;
    const follow =
      (on: boolean) =>
      (params: (number | number[])[]): boolean => {
        for (const mode of params) this.#setMode(Number(mode), on);
        return false;
      };
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, follow(true));
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, follow(false));
    parser.registerCsiHandler({ final: 'r' }, (params) => {
      this.#margins = params.length > 1 || Number(params[0]) > 0 ? `\x1b[${params.join(';')}r` : '';
      return false;
    });
    parser.registerCsiHandler({ intermediates: ' ', final: 'q' }, (params) => {
      this.#cursorShape = `\x1b[${Number(params[0])} q`;
      return false;
    });
    parser.registerOscHandler(8, (data) => {
      this.#link = data.endsWith(';') || data.length > maxLinkCharacters ? '' : data;
      return false;
    });
    for (const [final, charset] of [
      ['0', '\x1b(0'],
      ['B', ''],
    ] as const) {
      parser.registerEscHandler({ intermediates: '(', final }, () => {
        this.#lineDrawing = charset;
        return false;
      });
    }
    const reset = (): boolean => {
      this.#encodings.clear();
      this.#margins = this.#lineDrawing = this.#cursorShape = '';
      this.#cursorHidden = false;
      return false;
    };
    parser.registerEscHandler({ final: 'c' }, reset);
    parser.registerCsiHandler({ intermediates: '!', final: 'p' }, reset);
  }

  #setMode(mode: number, on: boolean): void {
    if (mode === cursorVisible) this.#cursorHidden = !on;
    if (mouseEncodings.has(mode) && on) this.#encodings.add(mode);
    if (mouseEncodings.has(mode) && !on) this.#encodings.delete(mode);
    // Margins belong to one buffer; programs set them anew after switching.
    if (mode === 1049 || mode === 47 || mode === 1047) this.#margins = '';
  }
}
