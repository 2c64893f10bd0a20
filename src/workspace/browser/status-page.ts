import type { Preparation } from '../../platform/preparation.ts';
import { find, make } from './elements.ts';
import { problemNotice, stageList } from './start-panel.ts';

/** How often the preparation is asked for, in milliseconds. */
const pollMs = 1000;

const meanwhile = 'The first start on a machine builds the images of the labs; that takes a while. The course can be read meanwhile.';

const headings = {
  preparing: 'The labs are being prepared',
  ready: 'Everything is ready',
  failed: 'The preparation has failed; it is tried again',
} as const;

/** Keeps the status page true while it is open. */
export async function followPreparation(page: Document): Promise<void> {
  const status = find(page, '#preparation');
  for (;;) {
    const preparation = await fetchPreparation();
    if (preparation !== undefined) show(status, preparation);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function fetchPreparation(): Promise<Preparation | undefined> {
  try {
    const response = await fetch('/api/v1/preparation', { headers: { accept: 'application/json' } });
    return response.ok ? ((await response.json()) as Preparation) : undefined;
  } catch {
    return undefined;
  }
}

function show(status: HTMLElement, { state, stages, failure }: Preparation): void {
  const heading = find(status, 'h1');
  if (heading.textContent !== headings[state]) heading.textContent = headings[state];
  const notice = failure === undefined ? [] : [problemNotice({ title: failure.title, message: failure.detail, fix: failure.fix })];
  find(status, '.meanwhile').textContent = state === 'ready' ? 'Every lab can be started.' : meanwhile;
  find(status, '.body').replaceChildren(
    ...notice,
    stages.length === 0 ? make('p', { class: 'soft' }, 'There was nothing to prepare.') : stageList(stages, 0),
  );
}
