import type { Need } from '../../sandboxes/sandbox-spec.ts';

/** Memory that a sandbox takes at work, by what it has; measured, with room for the learner's own processes. */
const basisMiB = 400;
const memoryMiBOf: Partial<Record<Need, number>> = { cluster: 1100, builder: 300, ci: 300 };

/** Mebibytes that a sandbox with these needs is reckoned to take. */
export function estimatedMemoryMiB(needs: readonly Need[]): number {
  return needs.reduce((sum, need) => sum + (memoryMiBOf[need] ?? 0), basisMiB);
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
