import type { StageView } from '../../platform/preparation.ts';
import type { Session } from '../../sessions/session.ts';
import { wordProgress } from '../wording.ts';
import { make, makeIcon, withCode } from './elements.ts';
import type { LabSession, LabView } from './lab-session.ts';

const stageIcons = { waiting: 'circle', running: 'loader', done: 'check', failed: 'x' } as const;
const stageWords = { waiting: 'waits', running: 'runs', done: 'done', failed: 'failed' } as const;

/** How often the elapsed time of a running stage is shown anew. */
const tickMs = 200;

/** What stands in place of the terminal until there is one: start, queue, stages, or the failure with one button. */
export class StartPanel {
  readonly #element: HTMLElement;
  readonly #lab: LabSession;
  readonly #announce: (text: string) => void;
  #shown = '';
  #since = 0;
  #timer: number | undefined;

  constructor(options: { element: HTMLElement; lab: LabSession; announce: (text: string) => void }) {
    this.#element = options.element;
    this.#lab = options.lab;
    this.#announce = options.announce;
    this.#lab.subscribe((view) => this.#show(view));
  }

  #show(view: LabView): void {
    const { state } = view.session ?? {};
    this.#element.hidden = state === 'ready' || state === 'paused';
    clearInterval(this.#timer);
    if (this.#element.hidden) {
      if (this.#shown !== 'ready') this.#announce('The sandbox is ready.');
      this.#shown = 'ready';
      return;
    }
    this.#since = performance.now();
    this.#draw(view, 0);
    if (state === 'starting') this.#timer = setInterval(() => this.#draw(view, performance.now() - this.#since), tickMs);
  }

  /** Draws anew only what has changed, so that a focused button keeps its focus. */
  #draw(view: LabView, passedMs: number): void {
    const kind = kindOf(view);
    const body = this.#element.firstElementChild;
    if (kind === this.#shown && kind === 'starting' && body !== null) {
      body.querySelector('.stages')?.replaceWith(stageList(view.session?.stages ?? [], passedMs));
      return;
    }
    const said = kind !== this.#shown;
    this.#shown = kind;
    const content = this.#content(view, passedMs);
    this.#element.replaceChildren(make('div', {}, ...content));
    if (said && kind !== 'start') this.#announce(this.#element.querySelector('h2')?.textContent ?? '');
  }

  #content(view: LabView, passedMs: number): (Node | string)[] {
    const { session, problem } = view;
    const notice = problem === undefined ? [] : [problemNotice(problem)];
    if (session === undefined || session.state === 'ended') return this.#beforeStart(view, notice);
    if (session.state === 'queued') return [...queueText(session), ...notice];
    if (session.state === 'failed') return [...failureText(session), this.#startButton('Try again', view)];
    return [
      make('h2', {}, 'Your sandbox is starting'),
      make('p', { class: 'soft' }, 'Read the first step meanwhile; the terminal opens by itself.'),
      stageList(session.stages, passedMs),
      ...notice,
    ];
  }

  #beforeStart(view: LabView, notice: Node[]): (Node | string)[] {
    if (view.preparing) {
      return [
        make('h2', {}, 'This lab is still being prepared'),
        make('p', {}, 'Its images are being built. The lab can be started as soon as they are ready; you need not reload.'),
        make('p', {}, make('a', { href: '/status/' }, 'See how far it is')),
      ];
    }
    const ended = view.session?.state === 'ended';
    return [
      make('h2', {}, ended ? 'This lab has ended' : 'A sandbox of your own'),
      make(
        'p',
        {},
        ended
          ? 'Its sandbox is gone; the steps that you have passed stay passed. You can begin again with a fresh one.'
          : 'The lab runs in a sandbox that only you use: a shell with the tools, and the services that the steps need.',
      ),
      this.#startButton(ended ? 'Start again' : 'Start the lab', view),
      ...notice,
    ];
  }

  #startButton(label: string, view: LabView): HTMLButtonElement {
    const button = make('button', { type: 'button', class: 'button primary', id: 'start-lab' }, makeIcon('play'), label);
    if (view.asking) {
      button.setAttribute('aria-disabled', 'true');
      button.replaceChildren(makeIcon('loader'), 'Starting');
    }
    button.addEventListener('click', () => void this.#lab.start());
    return button;
  }
}

function kindOf({ session, preparing, asking, problem }: LabView): string {
  if (session?.state === 'starting') return problem === undefined ? 'starting' : 'starting with a problem';
  const place = session?.queuePosition ?? 0;
  return [session?.state ?? 'start', place, preparing, asking, problem?.message ?? ''].join(' ').replace(/^start 0 false false $/, 'start');
}

function queueText({ queuePosition = 1 }: Session): Node[] {
  return [
    make('h2', {}, `You are number ${String(queuePosition)} in the queue`),
    make('p', {}, 'Every place is taken for now. Yours starts by itself when one is free; keep this page open, or come back to it.'),
  ];
}

function failureText({ failure }: Session): Node[] {
  const box = make('div', { class: 'failure', role: 'alert' });
  box.append(make('h2', {}, failure?.title ?? 'The sandbox could not be started'));
  if (failure !== undefined) {
    box.append(
      make('p', {}, `It stopped at the stage ${failure.stage}:`),
      make('pre', { tabindex: '0' }, failure.detail),
      make('p', {}, ...withCode(failure.fix)),
    );
  }
  return [box];
}

/** What a refused request says: what happened, why, and what to do. */
export function problemNotice(problem: { title: string; message: string; fix: string }): HTMLElement {
  return make(
    'div',
    { class: 'failure', role: 'alert' },
    make('h3', {}, problem.title),
    make('p', {}, problem.message),
    make('p', {}, ...withCode(problem.fix)),
  );
}

/** Stages with elapsed and usual time; `passedMs` is added to what runs. */
export function stageList(stages: readonly StageView[], passedMs: number): HTMLElement {
  return make(
    'ol',
    { class: 'stages' },
    ...stages.map(({ title, state, elapsedMs, expectedMs, detail }) => {
      const elapsed = state === 'running' ? elapsedMs + passedMs : elapsedMs;
      const times = state === 'waiting' ? stageWords.waiting : wordProgress(elapsed, state === 'running' ? expectedMs : undefined);
      return make(
        'li',
        { 'data-state': state },
        makeIcon(stageIcons[state]),
        make('span', {}, title, ...(state === 'waiting' ? [] : [make('span', { class: 'visually-hidden' }, ` ${stageWords[state]}`)])),
        make('span', { class: 'times' }, times),
        ...(detail !== undefined && state !== 'done' ? [make('span', { class: 'detail' }, detail)] : []),
      );
    }),
  );
}
