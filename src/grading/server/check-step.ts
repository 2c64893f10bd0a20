import { PlatformError, type ErrorCode } from '../../shared/errors.ts';
import { labVariables, resolveVariables } from '../../catalog/variables.ts';
import { verdictOf, type Condition, type Verdict } from '../verdict.ts';
import type { CheckContext, ConditionSpec } from './check-context.ts';
import type { CheckRequest } from './check-request.ts';
import { openContext } from './open-context.ts';

/** Time for all conditions of a step; what is not decided by then is undecided. */
const stepTimeLimitMs = 30_000;

/** What is decided about one condition. */
interface Decision {
  readonly condition: Condition;
  readonly code?: ErrorCode;
}

/**
 * Looks at every condition of a step from outside the sandbox and says what holds. Never throws: what the platform
 * cannot find out is `undecided`.
 */
export async function checkStep(request: CheckRequest): Promise<Verdict> {
  const limit = AbortSignal.timeout(stepTimeLimitMs);
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
  const variables = labVariables({ sessionId: request.sandbox.sessionId, email: request.sandbox.learner.email });
  await using opened = openContext({ ...request, signal, resolve: (text) => resolveVariables(text, variables) });
  const decisions = await decideAll(request, opened.context);
  return verdictOf(
    decisions.map(({ condition }) => condition),
    decisions.find(({ code }) => code !== undefined)?.code,
  );
}

/** Conditions run side by side, each once those that it comes after have passed. */
function decideAll({ step, hintsSeen = {} }: CheckRequest, context: CheckContext): Promise<Decision[]> {
  const decisions = new Map<string, Promise<Decision>>();
  for (const spec of step.checks) {
    const earlier = (spec.after ?? []).map((id) => decisions.get(id)).filter((decision) => decision !== undefined);
    decisions.set(spec.id, decide(spec, { context, earlier, hintsSeen: hintsSeen[spec.id] ?? 0 }));
  }
  return Promise.all([...decisions.values()]);
}

interface Circumstances {
  readonly context: CheckContext;
  readonly earlier: readonly Promise<Decision>[];
  readonly hintsSeen: number;
}

async function decide(spec: ConditionSpec, { context, earlier, hintsSeen }: Circumstances): Promise<Decision> {
  const base = { id: spec.id, title: spec.title };
  const before = await Promise.all(earlier);
  if (before.some(({ condition }) => condition.verdict !== 'passed')) return { condition: { ...base, verdict: 'waiting' } };
  try {
    const finding = await withinTime(spec.check(context), context.signal);
    if (finding.passed)
      return { condition: { ...base, verdict: 'passed', ...(finding.found === undefined ? {} : { found: finding.found }) } };
    const due = Math.min(hintsSeen, spec.hints.length - 1);
    const ladder = { hint: context.resolve(spec.hints[due] ?? ''), hintNumber: due + 1, hints: spec.hints.length };
    const told = { expected: printable(finding.expected), found: printable(finding.found), ...ladder };
    return { condition: { ...base, verdict: 'failed', ...told } };
  } catch (error) {
    return { condition: { ...base, verdict: 'undecided' }, code: codeOf(error, context.signal) };
  }
}

function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new PlatformError('check-timed-out', `The step was not decided within ${stepTimeLimitMs / 1000} s.`));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function codeOf(error: unknown, signal: AbortSignal): ErrorCode {
  if (signal.aborted) return 'check-timed-out';
  return error instanceof PlatformError ? error.code : 'check-broken';
}

/** What came out of a sandbox may hold anything; a page and a terminal get text of a bounded length. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 600);
}
