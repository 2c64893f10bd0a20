import type { LoadedStep } from '../../catalog/server/load-step.ts';
import type { Verdict } from '../../grading/verdict.ts';
import type { Trial, TrialKind } from '../proof-report.ts';
import { LabBench, type Bench } from './lab-bench.ts';

/** A step to be proven, and the steps before it. */
export interface StepProof {
  readonly bench: Bench;
  readonly step: LoadedStep;
  readonly earlier: readonly LoadedStep[];
  readonly round: number;
}

/** What a trial does in its sandbox, and what would be wrong with the verdict. */
export interface TrialPlan {
  readonly kind: TrialKind;
  readonly name?: string;
  readonly act?: (lab: LabBench) => Promise<void>;
  readonly judge: (verdict: Verdict) => string | undefined;
}

/** Makes trials one after the other in one fresh sandbox, in which the earlier steps are solved first. */
export async function makeTrials(proof: StepProof, plans: readonly TrialPlan[]): Promise<Trial[]> {
  const trials: Trial[] = [];
  let since = performance.now();
  let startMs = 0;
  const note = (plan: TrialPlan, outcome: Pick<Trial, 'problem' | 'verdict'>): void => {
    const elapsedMs = Math.round(performance.now() - since);
    trials.push({ step: proof.step.id, kind: plan.kind, name: plan.name ?? '', round: proof.round, elapsedMs, startMs, ...outcome });
    since = performance.now();
    startMs = 0;
  };
  await using opened = await open(proof);
  startMs = Math.round(performance.now() - since);
  for (const plan of plans)
    note(plan, opened.lab === undefined ? { problem: opened.problem } : await attempt(opened.lab, proof.step, plan));
  return trials;
}

interface Opened extends AsyncDisposable {
  readonly lab: LabBench | undefined;
  readonly problem: string | undefined;
}

async function open({ bench, step, earlier }: StepProof): Promise<Opened> {
  let lab: LabBench | undefined;
  const close = async (): Promise<void> => lab?.[Symbol.asyncDispose]();
  try {
    lab = await LabBench.open(bench, step);
    for (const { solution } of earlier) await lab.run(solution);
    return { lab, problem: undefined, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    return { lab: undefined, problem: `could not be prepared: ${messageOf(error)}`, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

async function attempt(lab: LabBench, step: LoadedStep, { act, judge }: TrialPlan): Promise<Pick<Trial, 'problem' | 'verdict'>> {
  try {
    await act?.(lab);
    const verdict = await lab.check(step);
    return { problem: judge(verdict), verdict };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
