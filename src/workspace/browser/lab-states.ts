import type { LabListing } from '../../sessions/lab-listing.ts';
import { makeIcon } from './elements.ts';

/** How often a lab that is still being prepared is asked for, in milliseconds. */
const pollMs = 3000;

/** Writes beside each lab of the page how far it is: being prepared, ready, begun or passed. */
export async function showLabStates(page: Document): Promise<void> {
  for (;;) {
    const labs = await fetchLabs();
    for (const lab of labs) show(page, lab);
    if (labs.length > 0 && !labs.some(({ state }) => state === 'preparing')) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function fetchLabs(): Promise<LabListing[]> {
  try {
    const response = await fetch('/api/v1/labs', { headers: { accept: 'application/json' } });
    return response.ok ? ((await response.json()) as LabListing[]) : [];
  } catch {
    return [];
  }
}

function show(page: Document, lab: LabListing): void {
  const line = page.querySelector<HTMLElement>(`[data-lab="${CSS.escape(lab.id)}"] .lab-state`);
  if (line === null) return;
  const passed = lab.steps.filter((step) => step.passed).length;
  const { state, icon, text } = wordState(lab, passed);
  line.dataset['state'] = state;
  line.hidden = false;
  line.replaceChildren(makeIcon(icon), ` ${text}`);
}

function wordState(lab: LabListing, passed: number): { state: string; icon: string; text: string } {
  if (lab.state === 'preparing') return { state: 'preparing', icon: 'loader', text: 'Being prepared' };
  if (passed === lab.steps.length) return { state: 'passed', icon: 'check', text: 'Passed' };
  if (passed > 0) return { state: 'begun', icon: 'circle-dashed', text: `${String(passed)} of ${String(lab.steps.length)} steps passed` };
  if (lab.state === 'draft') return { state: 'draft', icon: 'triangle-alert', text: 'Draft: its checks are not proven yet' };
  return { state: 'ready', icon: 'check', text: 'Ready to start' };
}
