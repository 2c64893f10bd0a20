import type { LoadedStep } from '../../catalog/server/load-step.ts';
import type { ProofReport, Trial } from '../proof-report.ts';
import { judgeNearMiss, judgeSolution, judgeUntouched } from './judge.ts';
import type { Bench } from './lab-bench.ts';
import { followText } from './follow-text.ts';
import { makeTrials, type StepProof } from './trial-maker.ts';

/** What to prove. `steps`: numbers from 1, all when absent. `rounds`: 2 finds what is right only sometimes. */
export interface ProofOptions {
  readonly steps?: readonly number[];
  readonly rounds?: number;
  /** Sandboxes at a time; default 1. */
  readonly parallel?: number;
  /** Hears of each trial as it ends. */
  readonly onTrial?: (trial: Trial) => void;
}

/**
 * Proves that a lab's checks work. Each step, in fresh sandboxes with the steps before it solved: untouched it fails in
 * every condition, solved it passes, whoever follows the text passes, and each near-miss fails in the condition that it
 * names.
 */
export async function proveLab(bench: Bench, options: ProofOptions = {}): Promise<ProofReport> {
  const startedAt = performance.now();
  const { steps, rounds = 1, parallel = 1, onTrial = () => undefined } = options;
  const proofs = Array.from({ length: rounds }, (_, index) => stepProofs(bench, steps, index + 1)).flat();
  const jobs = proofs.flatMap(jobsOf).map((job) => async () => {
    const trials = await job();
    trials.forEach(onTrial);
    return trials;
  });
  const trials = (await runAll(jobs, parallel)).flat();
  const proven = trials.length > 0 && trials.every(({ problem }) => problem === undefined);
  return { lab: bench.lab.id, proven, trials, elapsedMs: Math.round(performance.now() - startedAt) };
}

function stepProofs(bench: Bench, wanted: readonly number[] | undefined, round: number): StepProof[] {
  const all = bench.lab.steps.map((step, index) => ({ bench, step, earlier: bench.lab.steps.slice(0, index), round }));
  return all.filter((_, index) => wanted === undefined || wanted.includes(index + 1));
}

/** Each job needs a sandbox of its own; untouched and solved share one, in this order. */
function jobsOf(proof: StepProof): (() => Promise<Trial[]>)[] {
  const { step } = proof;
  const solved = [
    { kind: 'untouched', judge: judgeUntouched },
    { kind: 'solution', act: (lab) => lab.run(step.solution), judge: judgeSolution },
  ] as const satisfies Parameters<typeof makeTrials>[1];
  return [
    () => makeTrials(proof, solved),
    () => makeTrials(proof, [{ kind: 'text', act: (lab) => followText(lab, step), judge: judgeSolution }]),
    ...nearMissJobs(proof, step),
  ];
}

function nearMissJobs(proof: StepProof, { nearMisses }: LoadedStep): (() => Promise<Trial[]>)[] {
  return nearMisses.map(({ name, script, approver, fails }) => () => {
    return makeTrials(proof, [
      { kind: 'near-miss', name, act: (lab) => lab.run(script, approver), judge: (verdict) => judgeNearMiss(verdict, fails) },
    ]);
  });
}

/** Runs jobs in order, at most `parallel` at a time; results keep the order of the jobs. */
async function runAll<T>(jobs: readonly (() => Promise<T>)[], parallel: number): Promise<T[]> {
  const results: T[] = [];
  const waiting = [...jobs.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, worker));
  return results;
}
