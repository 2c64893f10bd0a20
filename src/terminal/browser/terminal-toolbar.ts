import { leaveChord } from './input-rules.ts';
import type { ConnectionStatus } from './terminal-socket.ts';

/** Sizes a person may choose, in pixels. */
const smallestFont = 10;
const largestFont = 24;

/** How the terminals are shown; remembered by the browser. */
export interface TerminalPreferences {
  readonly fontSize: number;
  readonly screenReader: boolean;
}

/** What the toolbar asks for. */
export interface ToolbarActions {
  find(text: string, direction: 'next' | 'previous'): void;
  clearFind(): void;
  lastOutput(): string;
  prefer(preferences: TerminalPreferences): void;
  focusTerminal(): void;
}

/** The tools beside the tabs: find, read the last output, options, and how the connection is. */
export class TerminalToolbar {
  readonly element = make('div', { class: 'terminal-tools' });
  readonly #find = make('input', {
    type: 'search',
    placeholder: 'Find',
    'aria-label': 'Find in the terminal',
    class: 'terminal-find',
    hidden: '',
  });
  readonly #latency = make('span', { class: 'terminal-latency' });
  readonly #status = make('span', { class: 'terminal-status', role: 'status' });
  readonly #actions: ToolbarActions;
  #preferences: TerminalPreferences;

  constructor(preferences: TerminalPreferences, actions: ToolbarActions) {
    this.#preferences = preferences;
    this.#actions = actions;
    this.#listenToFind();
    const findButton = button('Find', () => this.showFind());
    const readButton = button('Read output', () => this.#readOutput());
    this.element.append(this.#find, findButton, readButton, this.#options(), this.#latency, this.#status);
  }

  showFind(): void {
    this.#find.hidden = false;
    this.#find.focus();
    this.#find.select();
  }

  /** The state is announced when it changes; the latency is only shown. */
  show(status: ConnectionStatus): void {
    const texts = { connecting: 'Connecting', ready: '', reconnecting: 'Reconnecting; nothing is lost', ended: 'The terminal has ended' };
    const text = texts[status.state];
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#latency.textContent = status.state === 'ready' && status.latencyMs !== undefined ? `${status.latencyMs} ms` : '';
    this.#latency.title = 'Time from here to the shell and back';
  }

  #listenToFind(): void {
    this.#find.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#actions.find(this.#find.value, event.shiftKey ? 'previous' : 'next');
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.#find.hidden = true;
      this.#actions.clearFind();
      this.#actions.focusTerminal();
    });
  }

  /** The output since the last command as plain text, where a screen reader or a person can go through it in peace. */
  #readOutput(): void {
    const dialog = make('dialog', { class: 'terminal-dialog', 'aria-label': 'Output since the last command' });
    const text = make('pre', { tabindex: '0' });
    text.textContent = this.#actions.lastOutput() || 'Nothing was written since the last command.';
    const heading = make('h2');
    heading.textContent = 'Output since the last command';
    dialog.append(
      heading,
      text,
      button('Close', () => dialog.close()),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      this.#actions.focusTerminal();
    });
    this.element.append(dialog);
    dialog.showModal();
  }

  #options(): HTMLElement {
    const details = make('details', { class: 'terminal-options' });
    const summary = make('summary');
    summary.textContent = 'Options';
    const panel = make('div', { class: 'terminal-options-panel' });
    const smaller = button('Smaller text', () => this.#setFontSize(-1));
    const larger = button('Larger text', () => this.#setFontSize(1));
    const note = make('p');
    note.textContent = `${leaveChord} leaves the terminal, Shift+${leaveChord} goes back to its tab. Ctrl+Shift+C copies, Ctrl+Shift+V pastes, Ctrl+Shift+F finds.`;
    panel.append(smaller, larger, this.#screenReaderSwitch(), note);
    details.append(summary, panel);
    details.addEventListener('focusout', (event) => {
      // Without a target the focus goes nowhere, as after a press on a label: that is no leaving.
      if (event.relatedTarget instanceof Node && !details.contains(event.relatedTarget)) details.open = false;
    });
    details.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      details.open = false;
      summary.focus();
    });
    return details;
  }

  #screenReaderSwitch(): HTMLElement {
    const label = make('label');
    const box = make('input', { type: 'checkbox' });
    box.checked = this.#preferences.screenReader;
    box.addEventListener('change', () => this.#prefer({ ...this.#preferences, screenReader: box.checked }));
    label.append(box, ' Screen reader mode');
    return label;
  }

  #setFontSize(step: number): void {
    const fontSize = Math.min(largestFont, Math.max(smallestFont, this.#preferences.fontSize + step));
    this.#prefer({ ...this.#preferences, fontSize });
  }

  #prefer(preferences: TerminalPreferences): void {
    this.#preferences = preferences;
    this.#actions.prefer(preferences);
  }
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function button(text: string, clicked: () => void): HTMLButtonElement {
  const element = make('button', { type: 'button' });
  element.textContent = text;
  element.addEventListener('click', clicked);
  return element;
}
