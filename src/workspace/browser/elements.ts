/** What an element gets at its making: `class`, `data-*`, `aria-*` and the like; undefined leaves an attribute out. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** Makes an element. Strings become text, never markup: some of them come from a sandbox. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An icon of the page's sprite. It is hidden from screen readers: put words beside it. */
export function makeIcon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const attributes = {
    class: 'icon',
    'aria-hidden': 'true',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '2',
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A text in which what stands between backquotes is code. */
export function withCode(text: string): (Node | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? make('code', {}, part) : part));
}

/** The element that the page surely has; a page without it is a mistake of ours. */
export function find(root: ParentNode, selector: string): HTMLElement {
  const element = root.querySelector<HTMLElement>(selector);
  if (element === null) throw new Error(`The page has no ${selector}`);
  return element;
}

/** The dialog that the page surely has. */
export function findDialog(root: ParentNode, selector: string): HTMLDialogElement {
  const element = find(root, selector);
  if (!(element instanceof HTMLDialogElement)) throw new Error(`${selector} is not a dialog`);
  return element;
}

/** A button that can be focused and explains itself while it cannot be used. */
export function setEnabled(button: HTMLElement, enabled: boolean): void {
  if (enabled) button.removeAttribute('aria-disabled');
  else button.setAttribute('aria-disabled', 'true');
}

/** Whether `setEnabled` last said yes. */
export function isEnabled(button: HTMLElement): boolean {
  return button.getAttribute('aria-disabled') !== 'true';
}

/** Reads a remembered value; undefined when there is none or storage is switched off. */
export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(`proofground.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a value for this browser; undefined forgets it. Does nothing when storage is switched off. */
export function remember(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`proofground.${key}`);
    else localStorage.setItem(`proofground.${key}`, value);
  } catch {
    // The page works without memory.
  }
}
