import type { Condition, Verdict } from '../../grading/verdict.ts';

/** Why a check of an untouched step is wrong: each of its conditions has to be open. Undefined when it is right. */
export function judgeUntouched(verdict: Verdict): string | undefined {
  if (verdict.verdict === 'undecided') return undecided(verdict);
  const fulfilled = verdict.conditions.filter((condition) => condition.verdict === 'passed').map(({ id }) => id);
  return fulfilled.length === 0 ? undefined : `passes although nothing was done: ${fulfilled.join(', ')}`;
}

/** Why a solution is none. */
export function judgeSolution(verdict: Verdict): string | undefined {
  if (verdict.verdict === 'passed') return undefined;
  if (verdict.verdict === 'undecided') return undecided(verdict);
  return `the solution does not pass: ${verdict.conditions
    .filter(({ verdict: one }) => one !== 'passed')
    .map(describe)
    .join('; ')}`;
}

/** Why a near-miss was not noticed as it should be. */
export function judgeNearMiss(verdict: Verdict, fails: string): string | undefined {
  if (verdict.verdict === 'undecided') return undecided(verdict);
  const named = verdict.conditions.find(({ id }) => id === fails);
  if (named?.verdict === 'failed' && (named.hint ?? '') !== '') return undefined;
  const others = verdict.conditions.filter(({ verdict: one }) => one === 'failed').map(describe);
  return `${fails} is ${named?.verdict ?? 'unknown'} instead of failed; ${others.length === 0 ? 'nothing fails' : `fails: ${others.join('; ')}`}`;
}

function undecided(verdict: Extract<Verdict, { verdict: 'undecided' }>): string {
  const open = verdict.conditions.filter((condition) => condition.verdict === 'undecided').map(({ id }) => id);
  return `undecided (${verdict.code}): ${open.join(', ')}`;
}

function describe(condition: Condition): string {
  if (condition.verdict !== 'failed') return `${condition.id} ${condition.verdict}`;
  return `${condition.id} (expected ${condition.expected ?? '?'}; found ${condition.found ?? '?'})`;
}
