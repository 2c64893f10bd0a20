import { recall, remember } from './elements.ts';

/** Bounds of the text's width in pixels: under 420 code wraps too often, over 560 lines get too long to read. */
const bounds = { least: 420, most: 560, usual: 480 } as const;
const keyStep = 20;

/** Makes the line between text and terminal draggable, by pointer and by keyboard, and remembers where it stands. */
export function mountPaneDivider(divider: HTMLElement, panes: HTMLElement): void {
  let width = clamp(Number(recall('text-width') ?? bounds.usual));
  const set = (wanted: number): void => {
    width = clamp(wanted);
    panes.style.setProperty('--text-width', `${String(width)}px`);
    divider.setAttribute('aria-valuenow', String(width));
    divider.setAttribute('aria-valuetext', `${String(width)} pixels`);
  };
  const keep = (): void => remember('text-width', String(width));

  divider.addEventListener('pointerdown', (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  divider.addEventListener('pointermove', (event) => {
    if (divider.hasPointerCapture(event.pointerId)) set(event.clientX - panes.getBoundingClientRect().left);
  });
  divider.addEventListener('pointerup', keep);
  divider.addEventListener('dblclick', () => {
    set(bounds.usual);
    keep();
  });
  divider.addEventListener('keydown', (event) => {
    const wanted = { ArrowLeft: width - keyStep, ArrowRight: width + keyStep, Home: bounds.least, End: bounds.most }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    set(wanted);
    keep();
  });
  set(width);
}

function clamp(width: number): number {
  return Number.isFinite(width) ? Math.round(Math.min(bounds.most, Math.max(bounds.least, width))) : bounds.usual;
}
