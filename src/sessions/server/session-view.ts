import type { Lab } from '../../catalog/lab.ts';
import { labVariables } from '../../catalog/variables.ts';
import type { Account } from '../../identity/account.ts';
import type { StageView } from '../../platform/preparation.ts';
import type { Session, StepView } from '../session.ts';
import type { SessionRecord, StepResult } from './session-store.ts';

/** How often a session may be extended, and by how much. */
export const extension = { most: 2, ms: 3600_000 } as const;

/** Everything that a session's view is made of. */
export interface ViewParts {
  readonly record: SessionRecord;
  readonly account: Account;
  readonly lab: Lab;
  readonly stages: readonly StageView[];
  readonly queuePosition: number | undefined;
  readonly passed: ReadonlySet<string>;
  readonly results: ReadonlyMap<string, StepResult>;
}

/** The session as its learner sees it. */
export function viewOf({ record, account, lab, stages, queuePosition, passed, results }: ViewParts): Session {
  return {
    id: record.id,
    lab: record.labId,
    state: record.state,
    stages: [...stages],
    ...(queuePosition === undefined ? {} : { queuePosition }),
    ...(record.failure === undefined ? {} : { failure: record.failure }),
    createdAt: new Date(record.createdAtMs).toISOString(),
    expiresAt: new Date(record.expiresAtMs).toISOString(),
    extensionsLeft: Math.max(0, extension.most - record.extensions),
    variables: { ...labVariables({ sessionId: record.id, email: account.email }) },
    steps: lab.steps.map((step) => stepView(step, passed, results.get(step.id))),
  };
}

function stepView(step: Lab['steps'][number], passed: ReadonlySet<string>, result: StepResult | undefined): StepView {
  return {
    id: step.id,
    title: step.title,
    passed: passed.has(step.id),
    ...(result === undefined ? {} : { verdict: result.verdict, checkedAt: new Date(result.checkedAtMs).toISOString() }),
  };
}
