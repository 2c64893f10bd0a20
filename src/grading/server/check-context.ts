import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import type { Finding } from '../check.ts';
import type { BundleVerifier } from './bundle-verifier.ts';
import type { ClusterReader } from './cluster-reader.ts';
import type { LogReader } from './log-reader.ts';
import type { Probes } from './probes.ts';
import type { RegistryReader } from './registry-reader.ts';

/** What a check may look at. Everything in it reads; nothing of it is reachable by the learner. */
export interface CheckContext {
  readonly sandbox: Pick<ReadySandbox, 'exec' | 'readFile'>;
  readonly registry: RegistryReader;
  readonly verifier: BundleVerifier;
  readonly log: LogReader;
  readonly learner: { readonly email: string };
  /** Puts the session's values in the place of `{{name}}`. */
  readonly resolve: (text: string) => string;
  /** Throws PlatformError `check-broken` when the lab has no cluster. */
  readonly cluster: () => ClusterReader;
  /** Images that the platform prepared to try policies and commands with; made at the first call of a session. */
  readonly probes: () => Promise<Probes>;
  /** Aborted when the step's time is up. */
  readonly signal: AbortSignal;
}

/** Looks at one condition. Throws PlatformError for what is not the learner's doing; the condition is undecided then. */
export type Check = (context: CheckContext) => Promise<Finding>;

/** One condition of a step as its author writes it. */
export interface ConditionSpec {
  /** Stable name within the step; near-misses and hints go by it. */
  readonly id: string;
  /** What must be true, as a sentence. */
  readonly title: string;
  /** Conditions that must have passed before it makes sense to look at this one. */
  readonly after?: readonly string[];
  /** The ladder: point at the place, explain, answer. */
  readonly hints: readonly [point: string, explain: string, answer: string];
  readonly check: Check;
}
