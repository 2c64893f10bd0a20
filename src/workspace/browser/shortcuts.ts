import { find, findDialog } from './elements.ts';

/** What the shortcuts of the lab do. */
export interface ShortcutActions {
  openStep(index: number): void;
  check(): void;
  focusTerminal(): void;
  focusApproval(): void;
}

/**
 * Listens for the keys of the sheet. Keys that are typed into a terminal or a field stay there (shells have a use for
 * Alt with a letter), but for the one that leads to a waiting signature.
 */
export function mountShortcuts(page: Document, actions: ShortcutActions): void {
  const sheet = findDialog(page, '#shortcuts');
  const opener = find(page, '#open-shortcuts');
  opener.addEventListener('click', () => sheet.showModal());
  page.addEventListener(
    'keydown',
    (event) => {
      // The card is answered while the hands are in the terminal, and no shell has a use for this key.
      if (event.code !== 'KeyA' || !event.altKey || event.ctrlKey || event.metaKey || page.querySelector('.approval') === null) return;
      event.preventDefault();
      event.stopPropagation();
      actions.focusApproval();
    },
    { capture: true },
  );
  page.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || isTyping(event.target) || page.querySelector('dialog[open]') !== null) return;
    if (event.key === '?' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      sheet.showModal();
      return;
    }
    const action = event.altKey && !event.ctrlKey && !event.metaKey ? actionOf(event.code, actions) : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function actionOf(code: string, actions: ShortcutActions): (() => void) | undefined {
  const digit = /^Digit([1-9])$/.exec(code)?.[1];
  if (digit !== undefined) return () => actions.openStep(Number(digit) - 1);
  switch (code) {
    case 'KeyC':
      return () => actions.check();
    case 'KeyT':
      return () => actions.focusTerminal();
    default:
      return undefined;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], .xterm') !== null;
}
