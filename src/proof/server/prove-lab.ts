import type { LoadedStep, NearMiss } from '../../catalog/server/load-step.ts';
import type { Verdict } from '../../grading/verdict.ts';
import type { ProofReport, Trial, TrialKind } from '../proof-report.ts';
import { judgeNearMiss, judgeSolution, judgeUntouched } from './judge.ts';
import { LabBench, type Bench } from './lab-bench.ts';

/** What to prove. `steps`: numbers from 1, all when absent. `rounds`: 2 finds what is right only sometimes. */
export interface ProofOptions {
  readonly steps?: readonly number[];
  readonly rounds?: number;
  /** Hears of each trial as it ends. */
  readonly onTrial?: (trial: Trial) => void;
}

/**
 * Proves that a lab's checks work. Each step, in fresh sandboxes with the steps before it solved: untouched it fails in
 * every condition, solved it passes, and each near-miss fails in the condition that it names.
 */
export async function proveLab(bench: Bench, { steps, rounds = 1, onTrial = () => undefined }: ProofOptions = {}): Promise<ProofReport> {
  const startedAt = performance.now();
  const trials: Trial[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, step] of bench.lab.steps.entries()) {
      if (steps !== undefined && !steps.includes(index + 1)) continue;
      for await (const trial of proveStep({ bench, step, earlier: bench.lab.steps.slice(0, index), round })) {
        trials.push(trial);
        onTrial(trial);
      }
    }
  }
  const proven = trials.length > 0 && trials.every(({ problem }) => problem === undefined);
  return { lab: bench.lab.id, proven, trials, elapsedMs: performance.now() - startedAt };
}

interface StepProof {
  readonly bench: Bench;
  readonly step: LoadedStep;
  readonly earlier: readonly LoadedStep[];
  readonly round: number;
}

async function* proveStep(proof: StepProof): AsyncGenerator<Trial> {
  yield* proveSolution(proof);
  for (const nearMiss of proof.step.nearMisses) yield await proveNearMiss(proof, nearMiss);
}

/** Untouched and solved share a sandbox, in this order. */
async function* proveSolution(proof: StepProof): AsyncGenerator<Trial> {
  const opened = await open(proof);
  if ('problem' in opened) {
    yield opened.trial('untouched', '', { problem: opened.problem });
    return;
  }
  await using lab = opened.lab;
  yield opened.trial('untouched', '', await attempt(() => lab.check(proof.step), judgeUntouched));
  yield opened.trial('solution', '', await attempt(() => runAndCheck(lab, proof.step, { script: proof.step.solution }), judgeSolution));
}

async function proveNearMiss(proof: StepProof, nearMiss: NearMiss): Promise<Trial> {
  const opened = await open(proof);
  if ('problem' in opened) return opened.trial('near-miss', nearMiss.name, { problem: opened.problem });
  await using lab = opened.lab;
  const outcome = await attempt(
    () => runAndCheck(lab, proof.step, nearMiss),
    (verdict) => judgeNearMiss(verdict, nearMiss.fails),
  );
  return opened.trial('near-miss', nearMiss.name, outcome);
}

interface Outcome {
  readonly problem: string | undefined;
  readonly verdict?: Verdict;
}

type MakeTrial = (kind: TrialKind, name: string, outcome: Outcome) => Trial;
type Opened = { readonly lab: LabBench; readonly trial: MakeTrial } | { readonly problem: string; readonly trial: MakeTrial };

/** A sandbox in which the earlier steps are solved. Times of trials count from here, then from the trial before. */
async function open({ bench, step, earlier, round }: StepProof): Promise<Opened> {
  let since = performance.now();
  let startMs = 0;
  const trial: MakeTrial = (kind, name, outcome) => {
    const elapsedMs = Math.round(performance.now() - since);
    const made = { step: step.id, kind, name, round, elapsedMs, startMs, ...outcome };
    since = performance.now();
    startMs = 0;
    return made;
  };
  let lab: LabBench | undefined;
  try {
    lab = await LabBench.open(bench, step);
    for (const { solution } of earlier) await lab.run(solution);
    startMs = Math.round(performance.now() - since);
    return { lab, trial };
  } catch (error) {
    await lab?.[Symbol.asyncDispose]();
    return { problem: `could not be prepared: ${messageOf(error)}`, trial };
  }
}

async function runAndCheck(lab: LabBench, step: LoadedStep, { script, approver }: { script: string; approver?: string | undefined }): Promise<Verdict> {
  await lab.run(script, approver);
  return lab.check(step);
}

async function attempt(work: () => Promise<Verdict>, judge: (verdict: Verdict) => string | undefined): Promise<Outcome> {
  try {
    const verdict = await work();
    return { problem: judge(verdict), verdict };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
