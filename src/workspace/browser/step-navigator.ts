import { find, makeIcon, recall, remember } from './elements.ts';

/** Shows one step at a time, keeps the address and the marks in the header true, and remembers the place. */
export class StepNavigator {
  readonly #page: Document;
  readonly #steps: readonly string[];
  readonly #key: string;
  #current = '';

  constructor(page: Document, lab: { id: string; steps: readonly { id: string }[] }) {
    this.#page = page;
    this.#steps = lab.steps.map(({ id }) => id);
    this.#key = `step.${lab.id}`;
    addEventListener('hashchange', () => this.#show(this.#wanted(), true));
    this.#show(this.#wanted(), false);
  }

  /** Id of the step that is shown. */
  get current(): string {
    return this.#current;
  }

  /** Opens the step at `index`, counted from 0; nothing happens when there is none. */
  open(index: number): void {
    const step = this.#steps[index];
    if (step === undefined) return;
    if (location.hash === `#${step}`) this.#show(step, true);
    else location.hash = step;
  }

  /** Marks the steps that are passed. */
  showPassed(passed: ReadonlySet<string>): void {
    this.#steps.forEach((step, index) => {
      const link = this.#link(step);
      const mark = find(link, '.mark');
      if (passed.has(step) === 'passed' in link.dataset) return;
      if (passed.has(step)) link.dataset['passed'] = '';
      else delete link.dataset['passed'];
      mark.replaceChildren(passed.has(step) ? makeIcon('check') : String(index + 1));
      find(link, '.mark-state').textContent = passed.has(step) ? ', passed' : '';
    });
  }

  #wanted(): string {
    const fromAddress = this.#page.defaultView?.location.hash.slice(1);
    const remembered = recall(this.#key);
    return [fromAddress, remembered, this.#steps[0]].find((step) => step !== undefined && this.#steps.includes(step)) ?? '';
  }

  #show(step: string, focus: boolean): void {
    if (step === this.#current) return;
    this.#current = step;
    remember(this.#key, step);
    const index = this.#steps.indexOf(step);
    this.#page.body.dataset['step'] = index === 0 ? 'first' : 'later';
    for (const article of this.#page.querySelectorAll<HTMLElement>('.step')) {
      if (article.dataset['step'] === step) article.dataset['current'] = '';
      else delete article.dataset['current'];
    }
    for (const id of this.#steps) {
      if (id === step) this.#link(id).setAttribute('aria-current', 'step');
      else this.#link(id).removeAttribute('aria-current');
    }
    find(this.#page, '.step-count').textContent = `step ${String(index + 1)} of ${String(this.#steps.length)}`;
    find(this.#page, '.text-pane').scrollTop = 0;
    if (focus) this.#page.querySelector<HTMLElement>(`.step[data-current] > h2`)?.focus({ preventScroll: true });
  }

  #link(step: string): HTMLElement {
    return find(this.#page, `.step-marks [data-step="${CSS.escape(step)}"]`);
  }
}
