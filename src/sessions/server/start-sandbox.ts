import { errorCatalogue, toPlatformError } from '../../shared/errors.ts';
import { newId } from '../../shared/server/ids.ts';
import { stagesFor } from '../../sandboxes/sandbox.ts';
import { SandboxStartError } from '../../sandboxes/server/sandbox-start-error.ts';
import type { ReadySandbox, SandboxDriver, SandboxRequest } from '../../sandboxes/server/sandbox-driver.ts';
import type { StageList } from '../../platform/server/stage-list.ts';
import type { StageView } from '../../platform/preparation.ts';
import type { SessionFailure } from '../session.ts';

/** A start and what it has to tell. */
export interface SandboxStart {
  readonly driver: SandboxDriver;
  /** The request without the id, which is new for every attempt. */
  readonly request: Omit<SandboxRequest, 'id'>;
  readonly stages: StageList;
  /** Called with the id before anything of the sandbox is made; throws when the start is no longer wanted. */
  readonly onAttempt: (sandboxId: string) => Promise<void>;
  readonly onStage: (stage: StageView) => void;
}

/** A start may fail for a passing reason (a slow disk, a name still being removed), so it is tried twice. */
const attempts = 2;

/** Starts a sandbox, a second time when the first fails. Throws what the last attempt threw. */
export async function startSandbox(start: SandboxStart): Promise<ReadySandbox> {
  for (let attempt = 1; ; attempt += 1) {
    const id = newId();
    await start.onAttempt(id);
    announceStages(start);
    try {
      return await start.driver.start({ ...start.request, id }, (event) => start.onStage(start.stages.apply(event)));
    } catch (error) {
      if (attempt >= attempts || isOvertaken(error)) throw error;
    }
  }
}

/** Thrown by `onAttempt` when the session was ended or reset meanwhile. */
export class OvertakenError extends Error {}

export function isOvertaken(error: unknown): boolean {
  return error instanceof OvertakenError;
}

/** The failure as a learner reads it: where it happened and why. */
export function describeFailure(error: unknown, lastStage = 'sandbox'): SessionFailure {
  const failure = toPlatformError(error);
  const stage = error instanceof SandboxStartError ? error.stage : lastStage;
  return { code: failure.code, stage, title: errorCatalogue[failure.code].title, detail: failure.message, fix: failure.fix };
}

function announceStages({ stages, request }: SandboxStart): void {
  stages.clear();
  for (const stage of stagesFor(request.needs, request.expectedMs)) stages.announce(stage);
}
