import { errorCatalogue } from '../../shared/errors.ts';
import { find, isEnabled, setEnabled } from '../../workspace/browser/elements.ts';
import { wordCount } from '../../workspace/wording.ts';
import type { Condition, Verdict } from '../verdict.ts';
import { showConditions } from './condition-list.ts';

/** What a check button shows. */
export interface CheckState {
  /** The sandbox can be checked. */
  readonly ready: boolean;
  readonly checking: boolean;
  /** What must be true, as known before any check. */
  readonly conditions: readonly { readonly id: string; readonly title: string }[];
  /** The latest verdict of the step in this session. */
  readonly verdict: Verdict | undefined;
  /** Passed once; it stays so, whatever a later check finds. */
  readonly passed: boolean;
}

/** The part of a step that says what must be true: the button, a line that sums up, and the conditions. */
export class CheckButton {
  readonly #button: HTMLElement;
  readonly #summary: HTMLElement;
  readonly #list: HTMLElement;

  /** `check` asks the server; the answer comes back through `show`. */
  constructor(section: HTMLElement, check: () => void) {
    this.#button = find(section, '.check');
    this.#summary = find(section, '.check-summary');
    this.#list = find(section, '.conditions');
    this.#button.addEventListener('click', () => {
      if (isEnabled(this.#button)) check();
    });
  }

  /** Presses the button, as the keyboard shortcut does. */
  press(): void {
    this.#button.click();
  }

  show(state: CheckState): void {
    setEnabled(this.#button, state.ready && !state.checking);
    setText(this.#button, state.checking ? 'Checking' : state.verdict === undefined ? 'Check' : 'Check again');
    setText(this.#summary, summaryOf(state));
    this.#summary.dataset['verdict'] = state.checking ? 'checking' : (state.verdict?.verdict ?? (state.passed ? 'passed' : 'none'));
    showConditions(this.#list, conditionsOf(state));
  }
}

/** A check that could not even begin says nothing of the conditions; then they wait, as before the first check. */
function conditionsOf({ conditions, verdict }: CheckState): readonly Condition[] {
  if (verdict !== undefined && verdict.conditions.length > 0) return verdict.conditions;
  return conditions.map((condition) => ({ ...condition, verdict: 'waiting' }));
}

/** One line for eyes and for the live region. */
function summaryOf({ ready, checking, verdict, passed }: CheckState): string {
  if (checking) return 'Looking at your sandbox.';
  if (verdict === undefined) {
    if (passed) return 'You have passed this step before.';
    return ready ? 'Nothing is checked yet. Check whenever you like, as often as you like.' : 'Checks open with the sandbox.';
  }
  const count = verdict.conditions.filter((condition) => condition.verdict === 'passed').length;
  const all = verdict.conditions.length;
  switch (verdict.verdict) {
    case 'passed':
      return 'Everything is true. The step is done.';
    case 'failed':
      return `${String(count)} of ${wordCount(all, 'condition is', 'conditions are')} true.${passed ? ' You have passed this step before; that stays.' : ''}`;
    case 'undecided':
      return `The platform could not check everything: ${errorCatalogue[verdict.code].title.toLowerCase()}. This costs you nothing. ${errorCatalogue[verdict.code].fix}`;
  }
}

/** Leaves an unchanged text alone, so that a live region says nothing twice. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
