import { findVariables } from '../code-blocks.ts';
import { make, makeIcon, setEnabled, isEnabled } from './elements.ts';

/** What the buttons of code blocks do. */
export interface CodeBlockActions {
  /** Types the commands into the terminal and runs them. */
  run(commands: string): void;
  announce(text: string): void;
}

/** Buttons and variables of the code blocks of a lab's text. */
export class CodeBlockTools {
  readonly #root: HTMLElement;
  readonly #actions: CodeBlockActions;
  readonly #runButtons: HTMLElement[] = [];

  constructor(root: HTMLElement, actions: CodeBlockActions) {
    this.#root = root;
    this.#actions = actions;
    for (const code of root.querySelectorAll<HTMLElement>('.prose :not(pre) > code')) markVariables(code);
    for (const block of root.querySelectorAll<HTMLElement>('.prose pre')) this.#frame(block);
  }

  /** Whether there is a terminal to run commands in. */
  setRunnable(runnable: boolean): void {
    for (const button of this.#runButtons) {
      setEnabled(button, runnable);
      button.title = runnable ? '' : 'Opens with the sandbox';
    }
  }

  /** Puts the values of this session in place of the variables. */
  setVariables(values: Readonly<Record<string, string>>): void {
    for (const element of this.#root.querySelectorAll<HTMLElement>('[data-variable]')) {
      const value = values[element.dataset['variable'] ?? ''];
      if (value !== undefined && element.textContent !== value) element.textContent = value;
    }
  }

  #frame(block: HTMLElement): void {
    const { run, file, expectError } = block.dataset;
    const caption = make('figcaption', {}, make('span', { class: 'name' }, captionOf(file, expectError !== undefined)));
    if (run !== undefined) caption.append(this.#runButton(block));
    caption.append(this.#copyButton(block));
    const figure = make('figure', { class: 'code-block' });
    block.replaceWith(figure);
    figure.append(caption, block);
  }

  #runButton(block: HTMLElement): HTMLElement {
    const button = make('button', { type: 'button', class: 'button quiet run' }, makeIcon('play'), 'Run');
    button.addEventListener('click', () => {
      if (isEnabled(button)) this.#actions.run(textOf(block));
    });
    this.#runButtons.push(button);
    return button;
  }

  #copyButton(block: HTMLElement): HTMLElement {
    const label = make('span', {}, 'Copy');
    const button = make('button', { type: 'button', class: 'button quiet copy' }, makeIcon('copy'), label);
    button.addEventListener('click', () => {
      void navigator.clipboard.writeText(textOf(block)).then(() => {
        label.textContent = 'Copied';
        this.#actions.announce('Copied.');
        setTimeout(() => (label.textContent = 'Copy'), 1500);
      });
    });
    return button;
  }
}

function captionOf(file: string | undefined, expectError: boolean): string {
  if (file !== undefined) return file;
  return expectError ? 'This is meant to fail' : '';
}

function textOf(block: HTMLElement): string {
  return (block.textContent ?? '').replace(/\n+$/, '');
}

/** Wraps each variable of an inline code in an element, as the code blocks have them from the build. */
function markVariables(code: HTMLElement): void {
  const text = code.textContent ?? '';
  const parts: (Node | string)[] = [];
  let position = 0;
  for (const { name, start, end } of findVariables(text)) {
    parts.push(text.slice(position, start), make('span', { class: 'variable', 'data-variable': name }, text.slice(start, end)));
    position = end;
  }
  if (parts.length > 0) code.replaceChildren(...parts, text.slice(position));
}
