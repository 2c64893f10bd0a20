import { maxTerminals, type Role, type TerminalEntry } from '../protocol.ts';
import { TabStrip } from './tab-strip.ts';
import { TerminalSocket, type ConnectionStatus } from './terminal-socket.ts';
import { TerminalToolbar, type TerminalPreferences } from './terminal-toolbar.ts';
import { TerminalView, type TerminalTheme } from './terminal-view.ts';

const preferencesKey = 'proofground.terminal';
const defaultPreferences: TerminalPreferences = { fontSize: 14, screenReader: false };

/** What the page gives to its terminals. */
export interface TerminalsOptions {
  /** Gets a strip of tabs and the terminals; must be shown and have a height. */
  readonly element: HTMLElement;
  /** The address of the terminal socket with a ticket. */
  readonly socketUrl: (ticket: string) => string;
  /** A new one-use ticket. */
  readonly getTicket: () => Promise<string>;
  readonly theme: TerminalTheme;
}

/** The terminals of one sandbox on the page. */
export interface Terminals {
  openTab(): void;
  /** Puts the cursor into the terminal in front. */
  focus(): void;
  /** Types text into the terminal in front, and Enter after it when `run`. */
  sendText(text: string, options: { readonly run: boolean }): void;
  /** To be called when the page's theme has changed. */
  setTheme(theme: TerminalTheme): void;
  onStatus(changed: (status: ConnectionStatus) => void): void;
  /** Takes the terminals off the page; the shells live on. */
  dispose(): void;
}

interface Tab {
  readonly panel: HTMLElement;
  view: TerminalView;
  closing: boolean;
}

/** Builds tabs, terminals and tools into `element` and connects them. Shells that live already come back as tabs. */
export function createTerminals(options: TerminalsOptions): Terminals {
  return new TerminalTabs(options);
}

class TerminalTabs implements Terminals {
  readonly #options: TerminalsOptions;
  readonly #tabs = new Map<number, Tab>();
  readonly #strip: TabStrip;
  readonly #toolbar: TerminalToolbar;
  readonly #panels = document.createElement('div');
  readonly #socket: TerminalSocket;
  readonly #listeners: ((status: ConnectionStatus) => void)[] = [];
  readonly #retry = (): void => this.#socket.retryNow();
  #preferences = readPreferences();
  #theme: TerminalTheme;
  #selected = 0;
  #status: ConnectionStatus = { state: 'connecting' };
  /** What was to be typed before there was a terminal. */
  #waiting: (() => void)[] = [];

  constructor(options: TerminalsOptions) {
    this.#options = options;
    this.#theme = options.theme;
    this.#strip = new TabStrip({
      select: (terminal) => this.#show(terminal),
      close: (terminal) => this.#close(terminal),
      open: () => this.openTab(),
    });
    this.#toolbar = this.#makeToolbar();
    this.#panels.className = 'terminal-panels';
    const bar = document.createElement('div');
    bar.className = 'terminal-bar';
    bar.append(this.#strip.element, this.#toolbar.element);
    options.element.classList.add('terminals');
    options.element.replaceChildren(bar, this.#panels);
    this.#socket = new TerminalSocket({
      socketUrl: options.socketUrl,
      getTicket: options.getTicket,
      onStatus: (status) => this.#onStatus(status),
      onTerminals: (terminals, role) => this.#onTerminals(terminals, role),
    });
    window.addEventListener('online', this.#retry);
    document.addEventListener('visibilitychange', this.#retry);
  }

  openTab(): void {
    const free = Array.from({ length: maxTerminals }, (_, index) => index).find((index) => !this.#tabs.has(index));
    if (free === undefined) return;
    this.#add(free);
    this.focus();
  }

  focus(): void {
    this.#tabs.get(this.#selected)?.view.focus();
  }

  sendText(text: string, options: { readonly run: boolean }): void {
    const send = (): void => {
      this.#tabs.get(this.#selected)?.view.sendText(text, options);
      this.focus();
    };
    if (this.#tabs.size === 0) this.#waiting.push(send);
    else send();
  }

  setTheme(theme: TerminalTheme): void {
    this.#theme = theme;
    for (const { view } of this.#tabs.values()) view.setTheme(theme);
  }

  onStatus(changed: (status: ConnectionStatus) => void): void {
    this.#listeners.push(changed);
    changed(this.#status);
  }

  dispose(): void {
    window.removeEventListener('online', this.#retry);
    document.removeEventListener('visibilitychange', this.#retry);
    this.#socket.dispose();
    for (const { view } of this.#tabs.values()) view.dispose();
    this.#tabs.clear();
    this.#options.element.replaceChildren();
  }

  /** Shells that live already become tabs; where none does, a driver gets one. */
  #onTerminals(terminals: readonly TerminalEntry[], role: Role): void {
    const before = this.#tabs.size;
    for (const { terminal } of terminals) if (!this.#tabs.has(terminal)) this.#add(terminal);
    if (this.#tabs.size === 0 && role === 'driver') this.#add(0);
    const [first] = this.#tabs.keys();
    if (before === 0 && first !== undefined) this.#show(first);
    for (const send of this.#tabs.size > 0 ? this.#waiting.splice(0) : []) send();
  }

  #add(terminal: number): void {
    const panel = document.createElement('div');
    panel.id = `terminal-${terminal}`;
    panel.className = 'terminal-panel';
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `${panel.id}-tab`);
    this.#panels.append(panel);
    this.#strip.add(terminal, panel.id);
    this.#select(terminal, panel);
    this.#tabs.set(terminal, { panel, view: this.#makeView(terminal, panel), closing: false });
    this.#show(terminal);
    this.#strip.setFull(this.#tabs.size === maxTerminals);
  }

  #makeView(terminal: number, panel: HTMLElement): TerminalView {
    return new TerminalView(panel, {
      socket: this.#socket,
      terminal,
      theme: this.#theme,
      ...this.#preferences,
      onTitle: (title) => this.#strip.setTitle(terminal, title),
      onExit: () => this.#onExit(terminal),
      onLeave: (backwards) => (backwards ? this.#strip.focusSelected() : focusAfter(this.#options.element)),
      onFind: () => this.#toolbar.showFind(),
    });
  }

  #show(terminal: number): void {
    const tab = this.#tabs.get(terminal);
    if (tab === undefined) return;
    this.#select(terminal, tab.panel);
    tab.view.shown();
  }

  #select(terminal: number, panel: HTMLElement): void {
    this.#selected = terminal;
    for (const other of this.#panels.children) (other as HTMLElement).hidden = other !== panel;
    this.#strip.select(terminal);
  }

  #close(terminal: number): void {
    const tab = this.#tabs.get(terminal);
    if (tab === undefined) return;
    tab.closing = true;
    tab.view.end();
  }

  /** A shell that was ended by its tab takes the tab along; otherwise the tab offers a new shell. */
  #onExit(terminal: number): void {
    const tab = this.#tabs.get(terminal);
    if (tab === undefined) return;
    if (tab.closing && this.#tabs.size > 1) return this.#remove(terminal, tab);
    tab.panel.querySelector('.terminal-restart')?.remove();
    const restart = document.createElement('button');
    restart.type = 'button';
    restart.className = 'terminal-restart';
    restart.textContent = 'Start a new shell';
    restart.addEventListener('click', () => {
      restart.remove();
      this.#remake(terminal, tab);
      tab.view.focus();
    });
    tab.panel.append(restart);
  }

  #remove(terminal: number, tab: Tab): void {
    tab.view.dispose();
    tab.panel.remove();
    this.#tabs.delete(terminal);
    this.#strip.remove(terminal);
    this.#strip.setFull(false);
    const [first] = this.#tabs.keys();
    if (this.#selected === terminal && first !== undefined) this.#show(first);
    this.focus();
  }

  #remake(terminal: number, tab: Tab): void {
    tab.view.dispose();
    tab.panel.replaceChildren();
    tab.view = this.#makeView(terminal, tab.panel);
    tab.view.shown();
  }

  #makeToolbar(): TerminalToolbar {
    const front = (): TerminalView | undefined => this.#tabs.get(this.#selected)?.view;
    return new TerminalToolbar(this.#preferences, {
      find: (text, direction) => front()?.find(text, direction),
      clearFind: () => front()?.clearFind(),
      lastOutput: () => front()?.lastOutput() ?? '',
      prefer: (preferences) => this.#prefer(preferences),
      focusTerminal: () => this.focus(),
    });
  }

  #prefer(preferences: TerminalPreferences): void {
    const before = this.#preferences;
    this.#preferences = preferences;
    writePreferences(preferences);
    if (before.screenReader === preferences.screenReader) {
      for (const { view } of this.#tabs.values()) view.setFontSize(preferences.fontSize);
      return;
    }
    // Screen reader mode decides how a terminal draws, so each is made anew; the screen comes back from the shell's host.
    const front = this.#selected;
    for (const [terminal, tab] of this.#tabs) {
      this.#select(terminal, tab.panel);
      this.#remake(terminal, tab);
    }
    this.#show(front);
  }

  #onStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.#toolbar.show(status);
    for (const listener of this.#listeners) listener(status);
  }
}

/** Focuses what comes after an element in the page's order, or the start of the page when nothing does. */
function focusAfter(element: HTMLElement): void {
  const focusable = document.querySelectorAll<HTMLElement>(
    'a[href], button:not([disabled]), input, select, textarea, summary, [tabindex="0"]',
  );
  const follows = (other: HTMLElement): boolean =>
    (element.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && !element.contains(other);
  const shown = [...focusable].filter((other) => other.offsetParent !== null);
  (shown.find(follows) ?? shown[0])?.focus();
}

function readPreferences(): TerminalPreferences {
  try {
    const stored = JSON.parse(localStorage.getItem(preferencesKey) ?? '{}') as Partial<TerminalPreferences>;
    const fontSize = Number(stored.fontSize);
    return {
      fontSize: fontSize >= 10 && fontSize <= 24 ? fontSize : defaultPreferences.fontSize,
      screenReader: stored.screenReader === true,
    };
  } catch {
    return defaultPreferences;
  }
}

function writePreferences(preferences: TerminalPreferences): void {
  try {
    localStorage.setItem(preferencesKey, JSON.stringify(preferences));
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}
