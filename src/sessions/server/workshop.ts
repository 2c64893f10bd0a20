import type { Lab } from '../../catalog/lab.ts';
import type { FileToPut } from '../../engine/server/docker-types.ts';
import type { Verdict } from '../../grading/verdict.ts';
import type { ReadySandbox, SandboxDriver } from '../../sandboxes/server/sandbox-driver.ts';
import type { Approval, ApprovalOutcome, DenialOutcome } from '../../trust/approval.ts';
import type { Capacity } from './capacity.ts';

/** One check to make. */
export interface StepCheck {
  readonly lab: Lab;
  readonly stepId: string;
  readonly sandbox: ReadySandbox;
  /** How many hints of each condition the learner has been told. */
  readonly hintsSeen: Readonly<Record<string, number>>;
  readonly signal: AbortSignal;
}

/** What sessions need of the prepared platform: sandboxes, files, checks and approvals. */
export interface Workshop {
  readonly driver: SandboxDriver;
  readonly capacity: Capacity;
  /** Removes every sandbox of the instance but these; returns the ids of the removed. */
  removeLeftovers(knownSandboxIds: readonly string[]): Promise<readonly string[]>;
  /** The lab's files with the session's values put in. */
  labFiles(lab: Lab, variables: Readonly<Record<string, string>>): Promise<readonly FileToPut[]>;
  checkStep(check: StepCheck): Promise<Verdict>;
  pendingApprovals(linkAddress: string): Promise<Approval[]>;
  approve(code: string, learner: { linkAddress: string; email: string }): Promise<ApprovalOutcome>;
  deny(code: string, linkAddress: string): Promise<DenialOutcome>;
}
