import type { Lab } from '../../catalog/lab.ts';
import type { Account } from '../../identity/account.ts';
import { StageList } from '../../platform/server/stage-list.ts';
import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import { runningStates, type SessionState } from '../session.ts';
import type { SessionRecord } from './session-store.ts';

/** A session that this server looks after: what is stored, and what only lives in memory. */
export interface LiveSession {
  record: SessionRecord;
  readonly account: Account;
  readonly lab: Lab;
  readonly stages: StageList;
  /** Present while ready; after a restart of the server only once the sandbox is adopted. */
  sandbox: ReadySandbox | undefined;
  /** Counts starts, resets and ends, so that a start that was overtaken notices. */
  generation: number;
  /** Whether a start is under way, so that it is not begun twice. */
  starting: boolean;
  /** How many hints of each condition, by `step/condition`, the learner has been told. */
  readonly hintsSeen: Map<string, number>;
  /** The check under way and those that wait behind it. */
  checks: Promise<unknown>;
}

export function liveSession(parts: { record: SessionRecord; account: Account; lab: Lab }): LiveSession {
  return {
    ...parts,
    stages: new StageList(),
    sandbox: undefined,
    generation: 0,
    starting: false,
    hintsSeen: new Map(),
    checks: Promise.resolve(),
  };
}

/** Whether a session holds, or waits for, a sandbox. */
export function isRunning({ record }: LiveSession): boolean {
  return (runningStates as readonly SessionState[]).includes(record.state);
}
