import type { ApprovalView, Session, SessionEvent } from '../sessions/session.ts';

/** What the page knows of the learner's session. */
export interface SessionView {
  /** Undefined before the lab is started, and after its session is gone. */
  readonly session: Session | undefined;
  /** Signatures that wait for the learner. */
  readonly approvals: readonly ApprovalView[];
  /** Ids of the steps that are being checked. */
  readonly checking: readonly string[];
}

/** Nothing is known yet. */
export const emptyView: SessionView = { session: undefined, approvals: [], checking: [] };

/** The view after `event`. Events of a session that the page does not show change nothing. */
export function applyEvent(view: SessionView, event: SessionEvent): SessionView {
  switch (event.type) {
    case 'session':
      return { ...view, session: event.session, approvals: event.session.state === 'ready' ? view.approvals : [] };
    case 'approvals':
      return { ...view, approvals: event.approvals };
    case 'checking':
      return { ...view, checking: [...new Set([...view.checking, event.step])] };
    case 'stage':
      return changeSession(view, ({ stages, ...rest }) => {
        const known = stages.some(({ name }) => name === event.stage.name);
        return {
          ...rest,
          stages: known ? stages.map((stage) => (stage.name === event.stage.name ? event.stage : stage)) : [...stages, event.stage],
        };
      });
    case 'verdict': {
      const checkedAt = new Date().toISOString();
      const changed = changeSession(view, ({ steps, ...rest }) => ({
        ...rest,
        steps: steps.map((step) =>
          step.id === event.step ? { ...step, passed: step.passed || event.passed, verdict: event.verdict, checkedAt } : step,
        ),
      }));
      return { ...changed, checking: view.checking.filter((step) => step !== event.step) };
    }
  }
}

function changeSession(view: SessionView, change: (session: Session) => Session): SessionView {
  return view.session === undefined ? view : { ...view, session: change(view.session) };
}
