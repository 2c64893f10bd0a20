/** Which of the two panes a narrow window shows. */
export type PaneView = 'text' | 'terminal';

/** The tabs of a narrow window; in a wide one both panes are there and nothing is to be seen of this. */
export class PaneTabs {
  readonly #page: Document;

  constructor(page: Document) {
    this.#page = page;
    for (const button of this.#buttons())
      button.addEventListener('click', () => this.show(button.dataset['view'] === 'terminal' ? 'terminal' : 'text'));
    this.show('text');
  }

  show(view: PaneView): void {
    this.#page.body.dataset['view'] = view;
    for (const button of this.#buttons())
      if (button.hasAttribute('aria-pressed')) button.setAttribute('aria-pressed', String(button.dataset['view'] === view));
  }

  #buttons(): NodeListOf<HTMLElement> {
    return this.#page.querySelectorAll<HTMLElement>('.pane-tabs [data-view], .sheet-bar [data-view]');
  }
}
