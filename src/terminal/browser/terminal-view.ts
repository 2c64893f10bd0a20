import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal, type IMarker } from '@xterm/xterm';
import { clampSize, type TerminalSize } from '../protocol.ts';
import { confirmInDialog } from './confirm-dialog.ts';
import { actionOf, cleanPaste, clipboardText, isAutomaticAnswer, leaveChord, needsConfirmation, type ChordAction } from './input-rules.ts';
import type { LineSink, TerminalLine } from './terminal-line.ts';
import type { TerminalSocket } from './terminal-socket.ts';

/** A window being dragged asks for many sizes; the shell needs to know the last one. */
const fitDelayMs = 100;

/** Colours as xterm names them (`background`, `brightRed`, ...), as CSS colours. */
export type TerminalTheme = Readonly<Record<string, string>>;

/** How a terminal looks and what it tells the page. */
export interface TerminalViewOptions {
  readonly socket: TerminalSocket;
  readonly terminal: number;
  readonly theme: TerminalTheme;
  /** Pixels. */
  readonly fontSize: number;
  readonly screenReader: boolean;
  readonly onTitle: (title: string) => void;
  readonly onExit: (code: number) => void;
  /** The chord that leaves the terminal was pressed. */
  readonly onLeave: (backwards: boolean) => void;
  readonly onFind: () => void;
}

/** One terminal on the page: xterm.js between a person and a line of the socket. */
export class TerminalView {
  readonly element: HTMLElement;
  readonly #options: TerminalViewOptions;
  readonly #xterm: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #line: TerminalLine;
  readonly #encoder = new TextEncoder();
  readonly #observer: ResizeObserver;
  #fitTimer: ReturnType<typeof setTimeout> | undefined;
  #webgl: WebglAddon | undefined;
  /** While a snapshot is drawn xterm may answer questions that were answered long ago; such input is dropped. */
  #drawingSnapshots = 0;
  /** This page decides the size and answers programs. */
  #mine = true;
  #outputStart: IMarker | undefined;

  /** `element` must be visible and have a size. */
  constructor(element: HTMLElement, options: TerminalViewOptions) {
    this.element = element;
    this.#options = options;
    this.#xterm = new Terminal({
      allowProposedApi: true,
      cursorBlink: false,
      fontFamily: getComputedStyle(element).getPropertyValue('--font-mono').trim() || 'monospace',
      fontSize: options.fontSize,
      // At 1 the underscores of some fonts are cut off.
      lineHeight: 1.2,
      linkHandler: { activate: (_event, uri) => void this.#openLink(uri) },
      minimumContrastRatio: 4.5,
      screenReaderMode: options.screenReader,
      scrollback: 5000,
      theme: options.theme,
    });
    this.#loadAddons();
    this.#xterm.open(element);
    this.#xterm.textarea?.setAttribute('aria-label', `Shell ${options.terminal + 1}. ${leaveChord} leaves it.`);
    this.#listen();
    this.#line = options.socket.open(options.terminal, this.#fittingSize() ?? { cols: 80, rows: 24 }, this.#sink());
    this.#observer = new ResizeObserver(() => this.#fitSoon());
    this.#observer.observe(element);
  }

  focus(): void {
    this.#xterm.focus();
  }

  /** To be called when the terminal is shown: draws with WebGL where that works, and takes the size of its place. */
  shown(): void {
    if (this.#webgl === undefined && !this.#options.screenReader) this.#loadWebgl();
    this.#fitNow();
  }

  /** Types text as if it were pasted, and Enter after it when `run`. */
  sendText(text: string, options: { readonly run: boolean }): void {
    this.#xterm.paste(cleanPaste(text) ?? '');
    if (options.run) this.#type('\r');
  }

  /** The next match above or below; false when there is none. */
  find(text: string, direction: 'next' | 'previous'): boolean {
    return direction === 'next' ? this.#search.findNext(text) : this.#search.findPrevious(text);
  }

  clearFind(): void {
    this.#search.clearDecorations();
    this.#xterm.clearSelection();
  }

  /** What was written since the last Enter, as plain text: for reading aloud. */
  lastOutput(): string {
    const buffer = this.#xterm.buffer.active;
    const start = Math.max(0, this.#outputStart?.line ?? 0);
    const rows = Array.from(
      { length: buffer.baseY + buffer.cursorY - start + 1 },
      (_, row) => buffer.getLine(start + row)?.translateToString(true) ?? '',
    );
    return rows.join('\n').trimEnd();
  }

  setTheme(theme: TerminalTheme): void {
    this.#xterm.options.theme = theme;
  }

  setFontSize(fontSize: number): void {
    this.#xterm.options.fontSize = fontSize;
    this.#fitNow();
  }

  /** Ends the shell. */
  end(): void {
    this.#line.end();
  }

  dispose(): void {
    clearTimeout(this.#fitTimer);
    this.#observer.disconnect();
    this.#options.socket.forget(this.#line);
    this.#xterm.dispose();
  }

  #sink(): LineSink {
    return {
      output: (bytes, drawn) => this.#xterm.write(bytes, drawn),
      snapshot: (screen, drawn) => {
        this.#drawingSnapshots += 1;
        this.#xterm.reset();
        this.#xterm.resize(screen.size.cols, screen.size.rows);
        this.#xterm.write(screen.bytes, () => {
          this.#drawingSnapshots -= 1;
          drawn();
          this.#fitNow();
        });
      },
      replaced: () => {
        this.#xterm.reset();
        this.#xterm.write('\x1b[2mThe shell has ended; this is a new one.\x1b[0m\r\n');
      },
      size: (size, mine) => {
        this.#mine = mine;
        if (!mine) this.#xterm.resize(size.cols, size.rows);
      },
      exit: (code) => {
        this.#xterm.write(
          code === -1 ? '\r\n\x1b[2mNo shell could be started.\x1b[0m\r\n' : `\r\n\x1b[2mThe shell has ended (${code}).\x1b[0m\r\n`,
        );
        this.#options.onExit(code);
      },
    };
  }

  #loadAddons(): void {
    this.#xterm.loadAddon(this.#fit);
    this.#xterm.loadAddon(this.#search);
    this.#xterm.loadAddon(new UnicodeGraphemesAddon());
    this.#xterm.loadAddon(new WebLinksAddon((_event, uri) => void this.#openLink(uri)));
    this.#xterm.parser.registerOscHandler(52, (data) => {
      const text = clipboardText(data);
      // Refused without a recent click or key; the program must not learn of it.
      if (text !== undefined) void navigator.clipboard.writeText(text).catch(() => undefined);
      return true;
    });
  }

  #loadWebgl(): void {
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose());
      this.#xterm.loadAddon(webgl);
      this.#webgl = webgl;
    } catch {
      // No WebGL here; the DOM renderer goes on drawing.
    }
  }

  #listen(): void {
    this.#xterm.onData((data) => this.#onData(data));
    this.#xterm.onBinary((data) => this.#line.input(Uint8Array.from(data, (character) => character.charCodeAt(0))));
    this.#xterm.onTitleChange((title) => this.#options.onTitle(title.slice(0, 60)));
    this.#xterm.attachCustomKeyEventHandler((event) => this.#onKey(event));
    this.element.addEventListener('paste', (event) => this.#onPaste(event), { capture: true });
    this.element.addEventListener('focusin', () => {
      this.#takeSize();
    });
  }

  #onData(data: string): void {
    if (this.#drawingSnapshots > 0 || (!this.#mine && isAutomaticAnswer(data))) return;
    if (data.includes('\r')) this.#outputStart = this.#xterm.registerMarker(0);
    this.#type(data);
  }

  #type(text: string): void {
    this.#line.input(this.#encoder.encode(text));
  }

  #onKey(event: KeyboardEvent): boolean {
    const action = actionOf(event);
    if (action === undefined) return true;
    // The browser's own paste makes a paste event, which needs no permission.
    if (action === 'native-paste') return false;
    event.preventDefault();
    if (event.type === 'keydown') this.#act(action);
    return false;
  }

  #act(action: Exclude<ChordAction, 'native-paste'>): void {
    switch (action) {
      case 'copy':
        if (this.#xterm.hasSelection()) void navigator.clipboard.writeText(this.#xterm.getSelection());
        return;
      case 'find':
        return this.#options.onFind();
      case 'leave':
      case 'leave-backwards':
        return this.#options.onLeave(action === 'leave-backwards');
    }
  }

  #onPaste(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    void this.#paste(event.clipboardData?.getData('text/plain') ?? '');
  }

  async #paste(pasted: string): Promise<void> {
    const text = cleanPaste(pasted);
    if (text === undefined || text === '') return;
    if (needsConfirmation(text, this.#xterm.modes.bracketedPasteMode)) {
      const lines = text.split('\n');
      const title = `Paste ${lines.length} lines? Each one runs at once.`;
      if (!(await confirmInDialog(this.element, { title, detail: lines.slice(0, 10).join('\n'), confirm: 'Paste' }))) return;
    }
    this.#xterm.paste(text);
    this.focus();
  }

  async #openLink(uri: string): Promise<void> {
    if (!/^https?:\/\//i.test(uri)) return;
    const open = await confirmInDialog(this.element, {
      title: 'Open this address in a new tab?',
      detail: uri.slice(0, 2000),
      confirm: 'Open',
    });
    if (open) window.open(uri, '_blank', 'noopener,noreferrer');
  }

  #fitSoon(): void {
    clearTimeout(this.#fitTimer);
    this.#fitTimer = setTimeout(() => this.#fitNow(), fitDelayMs);
  }

  #fitNow(): void {
    const size = this.#fittingSize();
    if (!this.#mine || size === undefined || (size.cols === this.#xterm.cols && size.rows === this.#xterm.rows)) return;
    this.#xterm.resize(size.cols, size.rows);
    this.#line.resize(size);
  }

  /** Who works in the terminal decides its size; who only watches does not. */
  #takeSize(): void {
    if (this.#mine || this.#options.socket.role === 'observer') return;
    this.#mine = true;
    this.#fitNow();
  }

  /** Undefined while the terminal is not shown. */
  #fittingSize(): TerminalSize | undefined {
    const size = this.#fit.proposeDimensions();
    return size === undefined || !Number.isFinite(size.cols) || !Number.isFinite(size.rows) ? undefined : clampSize(size);
  }
}
