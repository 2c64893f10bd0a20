import { splitAtDigests } from '../../workspace/wording.ts';
import { make, makeIcon, withCode } from '../../workspace/browser/elements.ts';
import type { Condition } from '../verdict.ts';

const icons = { passed: 'check', failed: 'x', undecided: 'help', waiting: 'minus' } as const;
const words = { passed: 'true', failed: 'not yet', undecided: 'could not be checked', waiting: 'waits' } as const;

/**
 * Shows the conditions of a step in `list`. Items are updated in place by id, so that nothing jumps
 * and a screen reader's place in the list is kept.
 */
export function showConditions(list: HTMLElement, conditions: readonly Condition[]): void {
  const known = new Map([...list.querySelectorAll<HTMLElement>(':scope > .condition')].map((item) => [item.dataset['id'], item]));
  const items = conditions.map((condition) => {
    const item = known.get(condition.id) ?? make('li', { class: 'condition', 'data-id': condition.id });
    const shown = JSON.stringify(condition);
    if (item.dataset['shown'] !== shown) fill(item, condition);
    item.dataset['shown'] = shown;
    return item;
  });
  const before = [...list.children];
  if (items.length !== before.length || items.some((item, index) => item !== before[index])) list.replaceChildren(...items);
}

function fill(item: HTMLElement, condition: Condition): void {
  item.dataset['verdict'] = condition.verdict;
  const details = detailRows(condition);
  item.replaceChildren(
    makeIcon(icons[condition.verdict]),
    make('p', { class: 'title' }, make('span', {}, condition.title), make('span', { class: 'verdict-word' }, words[condition.verdict])),
    ...(details.length === 0 ? [] : [make('dl', {}, ...details)]),
  );
}

function detailRows({ expected, found, hint, hints, hintNumber }: Condition): Node[] {
  const rows: Node[] = [];
  if (expected !== undefined) rows.push(make('dt', {}, 'expected'), make('dd', { class: 'evidence' }, ...withDigests(expected)));
  if (found !== undefined) rows.push(make('dt', {}, 'found'), make('dd', { class: 'evidence' }, ...withDigests(found)));
  if (hint !== undefined) {
    const ladder = hintNumber === undefined || hints === undefined ? 'hint' : `hint ${String(hintNumber)} of ${String(hints)}`;
    rows.push(make('dt', {}, ladder), make('dd', { class: 'hint-text' }, ...withCode(hint)));
  }
  return rows;
}

/** Digests become short buttons that copy the whole one. */
function withDigests(text: string): (Node | string)[] {
  return splitAtDigests(text).map((part) => {
    if (part.kind === 'text') return part.text;
    const label = make('span', {}, part.short);
    const use = make('span', { class: 'visually-hidden' }, ' copy the whole digest');
    const button = make('button', { type: 'button', class: 'digest', title: `${part.whole}\nClick to copy the whole digest` }, label, use);
    button.addEventListener('click', () => {
      void navigator.clipboard.writeText(part.whole).then(() => {
        label.textContent = 'copied';
        setTimeout(() => (label.textContent = part.short), 1200);
      });
    });
    return button;
  });
}
