import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import type { TrustServices } from '../../trust/server/trust-services.ts';
import type { ConditionSpec } from './check-context.ts';

/** One press of "check". */
export interface CheckRequest {
  readonly step: { readonly id: string; readonly checks: readonly ConditionSpec[] };
  readonly sandbox: Pick<ReadySandbox, 'agentFor' | 'cluster' | 'exec' | 'execInLink' | 'learner' | 'readFile' | 'sessionId'>;
  readonly trust: Pick<TrustServices, 'labCaPem' | 'mintIdentityToken' | 'trustedRoot'>;
  /** How many hints of a condition the learner has seen; the next one is told. Absent: the first. */
  readonly hintsSeen?: Readonly<Record<string, number>>;
  /** Ends the check early; undecided conditions stay so. */
  readonly signal?: AbortSignal;
}
