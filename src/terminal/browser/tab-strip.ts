/** What the strip asks for. */
export interface TabStripActions {
  select(terminal: number): void;
  close(terminal: number): void;
  open(): void;
}

/** The tabs of the shells, by the ARIA tab pattern: arrow keys move, Home and End jump, Delete ends a shell. */
export class TabStrip {
  readonly element = document.createElement('div');
  readonly #list = document.createElement('div');
  readonly #open = document.createElement('button');
  readonly #tabs = new Map<number, HTMLElement>();
  readonly #actions: TabStripActions;

  constructor(actions: TabStripActions) {
    this.#actions = actions;
    this.element.className = 'terminal-tabs';
    this.#list.className = 'terminal-tab-list';
    this.#list.setAttribute('role', 'tablist');
    this.#list.setAttribute('aria-label', 'Shells');
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    this.#open.type = 'button';
    this.#open.className = 'terminal-open';
    this.#open.textContent = '+';
    this.#open.setAttribute('aria-label', 'Open another shell');
    this.#open.addEventListener('click', () => actions.open());
    this.element.append(this.#list, this.#open);
  }

  /** Adds the tab of a terminal in the order of the indices; `panelId` names the panel that it controls. */
  add(terminal: number, panelId: string): void {
    const tab = document.createElement('div');
    tab.className = 'terminal-tab';
    tab.id = `${panelId}-tab`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', panelId);
    tab.dataset['terminal'] = String(terminal);
    tab.textContent = `shell ${terminal + 1}`;
    tab.addEventListener('click', () => this.#actions.select(terminal));
    this.#tabs.set(terminal, tab);
    const after = [...this.#tabs].find(([index]) => index > terminal && this.#tabs.get(index)?.isConnected);
    this.#list.insertBefore(tab, after?.[1] ?? null);
    this.#showClosers();
  }

  remove(terminal: number): void {
    this.#tabs.get(terminal)?.remove();
    this.#tabs.delete(terminal);
    this.#showClosers();
  }

  select(terminal: number): void {
    for (const [index, tab] of this.#tabs) {
      tab.setAttribute('aria-selected', String(index === terminal));
      tab.tabIndex = index === terminal ? 0 : -1;
    }
  }

  /** A program's own title, shown on hovering only: it is not to be trusted. */
  setTitle(terminal: number, title: string): void {
    const tab = this.#tabs.get(terminal);
    if (tab !== undefined) tab.title = title;
  }

  setFull(full: boolean): void {
    this.#open.disabled = full;
  }

  focusSelected(): void {
    [...this.#tabs.values()].find((tab) => tab.tabIndex === 0)?.focus();
  }

  /** The last shell cannot be ended by its tab: there would be nothing left. */
  #showClosers(): void {
    for (const [terminal, tab] of this.#tabs) {
      tab.querySelector('.terminal-close')?.remove();
      if (this.#tabs.size > 1) tab.append(this.#closer(terminal));
    }
  }

  /** For the mouse only: the Delete key does the same, and a tab may hold nothing that takes the focus. */
  #closer(terminal: number): HTMLElement {
    const closer = document.createElement('span');
    closer.className = 'terminal-close';
    closer.textContent = '×';
    closer.title = `End shell ${terminal + 1} (Delete)`;
    closer.setAttribute('aria-hidden', 'true');
    closer.addEventListener('click', (event) => {
      event.stopPropagation();
      this.#actions.close(terminal);
    });
    return closer;
  }

  #onKey(event: KeyboardEvent): void {
    const tabs = [...this.#list.children] as HTMLElement[];
    const position = tabs.findIndex((tab) => tab === document.activeElement);
    const terminal = Number(tabs[position]?.dataset['terminal']);
    if (position === -1) return;
    if (event.key === 'Delete' && tabs.length > 1) return this.#actions.close(terminal);
    if (event.key === 'Enter' || event.key === ' ') return this.#actions.select(terminal);
    const targets: Record<string, number> = { ArrowRight: position + 1, ArrowLeft: position - 1, Home: 0, End: -1 };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    tabs.at(target % tabs.length)?.focus();
  }
}
