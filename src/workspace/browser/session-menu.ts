import { wordCount, wordTimeLeft } from '../wording.ts';
import { find, findDialog, setEnabled, isEnabled } from './elements.ts';
import type { LabSession, LabView } from './lab-session.ts';

/** When the learner is told that little time is left. */
const warnMs = 10 * 60_000;

interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
}

const questions: Record<'reset' | 'end', Question> = {
  reset: {
    title: 'Start over in a fresh sandbox?',
    text: 'Everything in this sandbox is lost: files, images, signatures, what runs in the cluster. The steps that you have passed stay passed.',
    yes: 'Start over',
  },
  end: {
    title: 'End the lab?',
    text: 'The sandbox and everything in it is removed. The steps that you have passed stay passed.',
    yes: 'End the lab',
  },
};

/** The time left, and what can be done with the session: one more hour, start over, end. */
export class SessionMenu {
  readonly #page: Document;
  readonly #lab: LabSession;
  readonly #announce: (text: string) => void;
  #expiresAtMs = 0;
  #warned = false;

  constructor(options: { page: Document; lab: LabSession; announce: (text: string) => void }) {
    this.#page = options.page;
    this.#lab = options.lab;
    this.#announce = options.announce;
    this.#wire();
    this.#lab.subscribe((view) => this.#show(view));
    setInterval(() => this.#tick(), 1000);
  }

  #wire(): void {
    const menu = find(this.#page, '#session-actions');
    const opener = find(this.#page, '#time-left');
    menu.addEventListener('beforetoggle', () => {
      const place = opener.getBoundingClientRect();
      menu.style.top = `${String(place.bottom + 4)}px`;
      menu.style.right = `${String(Math.max(8, this.#page.documentElement.clientWidth - place.right))}px`;
    });
    menu.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-action]');
      if (button === null || !isEnabled(button)) return;
      menu.hidePopover();
      void this.#do(button.dataset['action'] ?? '');
    });
  }

  async #do(action: string): Promise<void> {
    if (action === 'extend') await this.#lab.extend();
    if (action === 'reset' && (await this.#confirm(questions.reset))) await this.#lab.reset();
    if (action === 'end' && (await this.#confirm(questions.end))) await this.#lab.end();
  }

  #confirm({ title, text, yes }: Question): Promise<boolean> {
    const dialog = findDialog(this.#page, '#confirm');
    find(dialog, '#confirm-title').textContent = title;
    find(dialog, '#confirm-text').textContent = text;
    find(dialog, '#confirm-yes').textContent = yes;
    dialog.returnValue = 'no';
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
  }

  #show({ session }: LabView): void {
    const state = session?.state ?? 'ended';
    find(this.#page, '#session-menu').hidden = state === 'ended' || state === 'failed';
    if (session === undefined) return;
    this.#expiresAtMs = Date.parse(session.expiresAt);
    const extend = find(this.#page, '[data-action="extend"]');
    setEnabled(extend, session.extensionsLeft > 0 && state === 'ready');
    find(extend, 'span').textContent =
      session.extensionsLeft === 0
        ? 'No more time can be added'
        : `One more hour (${wordCount(session.extensionsLeft, 'time', 'times')} left)`;
    setEnabled(find(this.#page, '[data-action="reset"]'), state === 'ready');
    this.#tick();
  }

  #tick(): void {
    const leftMs = this.#expiresAtMs - Date.now();
    find(this.#page, '#time-left .time').textContent = `${wordTimeLeft(leftMs)} left`;
    const running = this.#lab.view.session?.state === 'ready';
    if (running && leftMs < warnMs && !this.#warned)
      this.#announce('Less than ten minutes are left. The menu of the session adds an hour.');
    this.#warned = running && leftMs < warnMs;
  }
}
