import type { ApprovalView } from '../../sessions/session.ts';
import { make, makeIcon } from './elements.ts';
import type { LabSession } from './lab-session.ts';

/** Shows a card for each signature that waits for the learner's consent. */
export function mountApprovalCards(element: HTMLElement, lab: LabSession): void {
  const cards = new Map<string, HTMLElement>();
  lab.subscribe(({ approvals }) => {
    const wanted = new Set(approvals.map(({ code }) => code));
    for (const [code, card] of cards) {
      if (wanted.has(code)) continue;
      card.remove();
      cards.delete(code);
    }
    for (const approval of approvals) {
      if (cards.has(approval.code)) continue;
      const card = approvalCard(approval, lab);
      cards.set(approval.code, card);
      element.append(card);
    }
  });
}

function approvalCard(approval: ApprovalView, lab: LabSession): HTMLElement {
  const approve = make('button', { type: 'button', class: 'button primary approve' }, 'Approve');
  const deny = make('button', { type: 'button', class: 'button quiet deny' }, 'Not me');
  const card = make(
    'div',
    { class: 'approval', 'data-code': approval.code },
    make('h2', {}, makeIcon('key-round'), make('span', {}, `Sign as ${approval.email}?`)),
    make('p', {}, 'Code ', make('span', { class: 'code' }, approval.code)),
    make('p', { class: 'soft small' }, 'Approve only when the command in your terminal shows the same code.'),
    make('div', { class: 'actions' }, approve, deny),
  );
  const answer = (decision: 'approve' | 'deny'): void => {
    approve.disabled = true;
    deny.disabled = true;
    void lab.answer(approval, decision).then(() => {
      approve.disabled = false;
      deny.disabled = false;
    });
  };
  approve.addEventListener('click', () => answer('approve'));
  deny.addEventListener('click', () => answer('deny'));
  return card;
}
