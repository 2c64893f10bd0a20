import type { Terminals } from '../../terminal/browser/terminal-tabs.ts';
import type { LabSession, LabView } from './lab-session.ts';
import { readTerminalTheme } from './terminal-theme.ts';
import { onThemeChange } from './theme-switch.ts';

/** The terminals of the lab's session: there while its sandbox is, gone with it. */
export class LabTerminals {
  readonly #element: HTMLElement;
  readonly #lab: LabSession;
  readonly #root: HTMLElement;
  #terminals: Terminals | undefined;
  /** Session whose terminals are shown or on their way. */
  #session: string | undefined;

  /** `root` carries the colour tokens and the theme. */
  constructor(options: { element: HTMLElement; lab: LabSession; root: HTMLElement }) {
    this.#element = options.element;
    this.#lab = options.lab;
    this.#root = options.root;
    this.#lab.subscribe((view) => this.#follow(view));
    onThemeChange(this.#root, () => this.#terminals?.setTheme(readTerminalTheme(this.#root)));
  }

  focus(): void {
    this.#terminals?.focus();
  }

  /** Types commands into the terminal in front and runs them. */
  run(commands: string): void {
    this.#terminals?.sendText(commands, { run: true });
  }

  #follow({ session }: LabView): void {
    const open = session?.state === 'ready' || session?.state === 'paused';
    const wanted = open ? session.id : undefined;
    if (wanted === this.#session) return;
    this.#session = wanted;
    this.#terminals?.dispose();
    this.#terminals = undefined;
    this.#element.hidden = !open;
    if (wanted !== undefined) void this.#create(wanted);
  }

  /** The terminal's code is fetched when it is needed: the text must be readable at once. */
  async #create(session: string): Promise<void> {
    const { createTerminals } = await import('../../terminal/browser/terminal-tabs.ts');
    if (this.#session !== session) return;
    const address = `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/api/v1/sessions/${encodeURIComponent(session)}/terminals`;
    this.#terminals = createTerminals({
      element: this.#element,
      socketUrl: (ticket) => `${address}?ticket=${encodeURIComponent(ticket)}`,
      getTicket: () => this.#lab.ticket(),
      theme: readTerminalTheme(this.#root),
    });
  }
}
