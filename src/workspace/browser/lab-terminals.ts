import { createTerminals } from '../../terminal/browser/terminal-tabs.ts';
import type { LabSession, LabView } from './lab-session.ts';
import { readTerminalTheme } from './terminal-theme.ts';
import { onThemeChange } from './theme-switch.ts';

type Terminals = ReturnType<typeof createTerminals>;

/** The terminals of the lab's session: there while its sandbox is, gone with it. */
export class LabTerminals {
  readonly #element: HTMLElement;
  readonly #lab: LabSession;
  readonly #root: HTMLElement;
  #terminals: Terminals | undefined;
  /** Which sandbox they belong to. */
  #sandbox = '';

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
    this.#terminals?.focus();
  }

  #follow({ session }: LabView): void {
    const open = session?.state === 'ready' || session?.state === 'paused';
    const sandbox = open ? session.id : '';
    if (sandbox === this.#sandbox) return;
    this.#sandbox = sandbox;
    this.#terminals?.dispose();
    this.#terminals = undefined;
    this.#element.replaceChildren();
    this.#element.hidden = !open;
    if (open) this.#terminals = this.#create(session.id);
  }

  #create(session: string): Terminals {
    const socket = location.protocol === 'https:' ? 'wss:' : 'ws:';
    return createTerminals({
      element: this.#element,
      socketUrl: (ticket) => `${socket}//${location.host}/api/v1/sessions/${encodeURIComponent(session)}/terminals?ticket=${encodeURIComponent(ticket)}`,
      getTicket: () => this.#lab.ticket(),
      theme: readTerminalTheme(this.#root),
    });
  }
}
