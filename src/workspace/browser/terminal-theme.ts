import type { TerminalTheme } from '../../terminal/browser/terminal-view.ts';

const names = [
  'background',
  'foreground',
  'cursor',
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
  'brightBlack',
  'brightRed',
  'brightGreen',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightWhite',
] as const;

/** The terminal's colours from the page's tokens, as they are in the theme that is shown now. */
export function readTerminalTheme(root: HTMLElement): TerminalTheme {
  const probe = document.createElement('span');
  root.append(probe);
  // A token holds its light and its dark value; only as a colour of an element it becomes one of them.
  const read = (token: string): string => {
    probe.style.color = `var(--terminal-${token})`;
    return getComputedStyle(probe).color;
  };
  const theme = Object.fromEntries(names.map((name) => [name, read(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))]));
  const cursorAccent = read('background');
  const selectionBackground = read('selection');
  const slider = {
    scrollbarSliderBackground: read('slider'),
    scrollbarSliderHoverBackground: read('slider-hover'),
    scrollbarSliderActiveBackground: read('slider-hover'),
  };
  probe.remove();
  return { ...theme, cursorAccent, selectionBackground, ...slider };
}
