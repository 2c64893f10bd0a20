/** A question with one thing to look at. All texts are shown as text, never as markup. */
export interface Question {
  readonly title: string;
  /** What it is about, for example an address or pasted lines. */
  readonly detail: string;
  readonly confirm: string;
}

/** Asks in a modal dialog inside `parent`; false when it is cancelled. */
export function confirmInDialog(parent: HTMLElement, question: Question): Promise<boolean> {
  const dialog = document.createElement('dialog');
  dialog.className = 'terminal-dialog';
  const title = document.createElement('h2');
  title.textContent = question.title;
  const detail = document.createElement('pre');
  detail.textContent = question.detail;
  const form = document.createElement('form');
  form.method = 'dialog';
  form.append(button('Cancel', 'cancel'), button(question.confirm, 'confirm'));
  dialog.append(title, detail, form);
  dialog.setAttribute('aria-label', question.title);
  parent.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'confirm');
    });
    dialog.showModal();
  });
}

function button(text: string, value: string): HTMLButtonElement {
  const element = document.createElement('button');
  element.textContent = text;
  element.value = value;
  return element;
}
