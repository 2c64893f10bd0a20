import type { Need } from '../../sandboxes/sandbox-spec.ts';

/** Memory that a sandbox takes at work, by what it has; measured, with room for the learner's own processes. */
const memoryOf = { basis: 400, cluster: 1100, builder: 300, ci: 300 } as const;

/** Mebibytes that a sandbox with these needs is reckoned to take. */
export function estimatedMemoryMiB(needs: readonly Need[]): number {
  return needs.reduce((sum, need) => sum + (need in memoryOf ? memoryOf[need as keyof typeof memoryOf] : 0), memoryOf.basis);
}

/** Kept free for the engine, the signing services, this server and the host: mebibytes. */
const reservedMiB = 3072;

/** What one machine carries. */
export interface Capacity {
  /** Mebibytes for all sandboxes together. */
  readonly memoryMiB: number;
  /** Sandboxes that may be started at the same time; a start keeps about two cores busy. */
  readonly parallelStarts: number;
  /** Upper limit of sandboxes, however small they are. */
  readonly sandboxes: number;
}

/** Capacity of a machine; at least one sandbox of any kind may always run, so that a small machine can try. */
export function capacityOf(machine: { memoryBytes: number; cpus: number; maxSandboxes: number }): Capacity {
  return {
    memoryMiB: Math.max(0, Math.floor(machine.memoryBytes / 1024 ** 2) - reservedMiB),
    parallelStarts: Math.max(1, Math.floor(machine.cpus / 2)),
    sandboxes: machine.maxSandboxes,
  };
}
