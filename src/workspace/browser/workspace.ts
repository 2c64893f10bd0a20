import { CheckButton } from '../../grading/browser/check-button.ts';
import { ApiClient } from './api-client.ts';
import { mountApprovalCards } from './approval-cards.ts';
import { CodeBlockTools } from './code-block-tools.ts';
import { find, make } from './elements.ts';
import { LabSession, type LabView } from './lab-session.ts';
import { LabTerminals } from './lab-terminals.ts';
import { mountPaneDivider } from './pane-divider.ts';
import { PaneTabs } from './pane-tabs.ts';
import { SessionMenu } from './session-menu.ts';
import { mountShortcuts } from './shortcuts.ts';
import { problemNotice, StartPanel } from './start-panel.ts';
import { StepNavigator } from './step-navigator.ts';

/** The lab of the page, as the build wrote it there. */
interface PageLab {
  readonly id: string;
  readonly steps: readonly { readonly id: string }[];
}

/** Brings the page of a lab to life: steps, session, terminals, checks and signatures. */
export function openWorkspace(page: Document): void {
  const pageLab = JSON.parse(find(page, '[data-lab]').dataset['lab'] ?? '') as PageLab;
  const announce = announcer(find(page, '#announcer'));
  const lab = new LabSession(new ApiClient(), pageLab.id);
  const steps = new StepNavigator(page, pageLab);
  const tabs = new PaneTabs(page);
  const terminals = new LabTerminals({ element: find(page, '#terminal-host'), lab, root: page.documentElement });
  const checks = mountChecks(page, lab);
  const showTerminal = (): void => {
    tabs.show('terminal');
    terminals.focus();
  };
  const blocks = new CodeBlockTools(find(page, '.text-pane'), {
    announce,
    run: (commands) => {
      showTerminal();
      terminals.run(commands);
    },
  });

  mountPaneDivider(find(page, '.divider'), find(page, '.panes'));
  mountApprovalCards(find(page, '#approvals'), lab);
  new StartPanel({ element: find(page, '#start-panel'), lab, announce });
  new SessionMenu({ page, lab, announce });
  mountShortcuts(page, {
    openStep: (index) => steps.open(index),
    check: () => checks.get(steps.current)?.press(),
    focusTerminal: showTerminal,
    focusApproval: () => {
      tabs.show('terminal');
      page.querySelector<HTMLElement>('.approval .approve')?.focus();
    },
  });
  lab.subscribe((view) => {
    blocks.setRunnable(view.session?.state === 'ready');
    blocks.setVariables(view.session?.variables ?? {});
    steps.showPassed(new Set(view.session?.steps.filter(({ passed }) => passed).map(({ id }) => id)));
    showBanner(find(page, '#banner'), view);
  });
  void lab.resume();
}

function mountChecks(page: Document, lab: LabSession): Map<string, CheckButton> {
  const sections = [...page.querySelectorAll<HTMLElement>('.must-be-true')];
  const checks = new Map(
    sections.map((section) => [
      section.dataset['step'] ?? '',
      new CheckButton(section, () => void lab.check(section.dataset['step'] ?? '')),
    ]),
  );
  lab.subscribe(({ session, checking, conditions }) => {
    for (const [id, check] of checks) {
      const step = session?.steps.find((one) => one.id === id);
      check.show({
        ready: session?.state === 'ready',
        checking: checking.includes(id),
        conditions: conditions.get(id) ?? [],
        verdict: step?.verdict,
        passed: step?.passed ?? false,
      });
    }
  });
  return checks;
}

/** Says under the header what concerns the whole page: no connection, or a request that was refused. */
function showBanner(banner: HTMLElement, { session, connected, problem }: LabView): void {
  const text = connected ? '' : 'The server does not answer. The page goes on by itself as soon as it does.';
  const refused = session?.state === 'ready' ? problem : undefined;
  const shown = text + (refused?.message ?? '');
  if (banner.dataset['shown'] === shown) return;
  banner.dataset['shown'] = shown;
  banner.hidden = shown === '';
  banner.replaceChildren(...(text === '' ? [] : [make('p', {}, text)]), ...(refused === undefined ? [] : [problemNotice(refused)]));
}

/** Says a text to screen readers; the same text twice is said twice. */
function announcer(element: HTMLElement): (text: string) => void {
  return (text) => {
    element.textContent = '';
    setTimeout(() => (element.textContent = text), 50);
  };
}
