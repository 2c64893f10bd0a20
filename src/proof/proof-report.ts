import type { Verdict } from '../grading/verdict.ts';

/**
 * What is tried with a step. `untouched`: no condition may hold. `solution`: the step passes. `text`: every command of
 * the text does what the text says, and the step passes. `near-miss`: the named condition fails, with its hint.
 */
export type TrialKind = 'untouched' | 'solution' | 'text' | 'near-miss';

/** One trial of one step. */
export interface Trial {
  readonly step: string;
  readonly kind: TrialKind;
  /** Name of the near-miss; empty otherwise. */
  readonly name: string;
  /** 1, or 2 for the repetition. */
  readonly round: number;
  /** Milliseconds, of which `startMs` for the sandbox and the steps before; both 0 when it never began. */
  readonly elapsedMs: number;
  readonly startMs: number;
  /** Undefined when all was as it must be. */
  readonly problem: string | undefined;
  readonly verdict?: Verdict;
}

/** The proof of a lab. */
export interface ProofReport {
  readonly lab: string;
  readonly proven: boolean;
  readonly trials: readonly Trial[];
  /** Milliseconds for everything. */
  readonly elapsedMs: number;
}
