import assert from 'node:assert/strict';
import http from 'node:http';
import { before, describe, it } from 'node:test';
import { failed, passed } from '../../../src/grading/check.ts';
import type { Check, ConditionSpec } from '../../../src/grading/server/check-context.ts';
import type { CheckRequest } from '../../../src/grading/server/check-request.ts';
import { checkStep } from '../../../src/grading/server/check-step.ts';
import { verdictSchema } from '../../../src/grading/verdict.ts';
import { PlatformError } from '../../../src/shared/errors.ts';
import { createTestSigstore } from '../../support/test-sigstore.ts';

let request: Omit<CheckRequest, 'step'>;

before(async () => {
  const { trustedRoot } = await createTestSigstore();
  const unused = (): never => {
    throw new Error('these checks use no sandbox');
  };
  request = {
    sandbox: {
      sessionId: 's1',
      learner: { email: 'ada@learners.lab' },
      agentFor: () => new http.Agent(),
      exec: unused,
      execInLink: unused,
      readFile: unused,
    },
    trust: { labCaPem: '', trustedRoot: trustedRoot as never, mintIdentityToken: unused },
  };
});

function condition(id: string, check: Check, after?: readonly string[]): ConditionSpec {
  return {
    id,
    title: `Condition ${id}`,
    hints: ['point', 'explain {{session.email}}', 'answer'],
    check,
    ...(after === undefined ? {} : { after }),
  };
}

const holds: Check = () => Promise.resolve(passed('seen'));
const holdsNot: Check = () => Promise.resolve(failed('this', 'that'));
const cannotSay: Check = () => Promise.reject(new PlatformError('registry-unreachable', 'no answer'));
const breaks: Check = () => Promise.reject(new TypeError('x is undefined'));

function check(checks: readonly ConditionSpec[], more: Partial<CheckRequest> = {}): ReturnType<typeof checkStep> {
  return checkStep({ ...request, step: { id: 'step', checks }, ...more });
}

describe('the verdict of a step', () => {
  it('is passed when every condition holds', async () => {
    const verdict = await check([condition('a', holds), condition('b', holds, ['a'])]);
    assert.deepEqual([verdict.verdict, verdict.conditions.map((one) => one.verdict)], ['passed', ['passed', 'passed']]);
  });

  it('is failed when one does not, and tells expected, found and the first hint', async () => {
    const verdict = await check([condition('a', holds), condition('b', holdsNot)]);
    assert.equal(verdict.verdict, 'failed');
    assert.deepEqual(verdict.conditions[1], {
      id: 'b',
      title: 'Condition b',
      verdict: 'failed',
      expected: 'this',
      found: 'that',
      hint: 'point',
      hintNumber: 1,
      hints: 3,
    });
  });

  it('goes up the ladder of hints with the failures before, and stays at its end', async () => {
    const hints = [0, 1, 2, 7].map(
      async (seen) => (await check([condition('a', holdsNot)], { hintsSeen: { a: seen } })).conditions[0]?.hint,
    );
    assert.deepEqual(await Promise.all(hints), ['point', 'explain ada@learners.lab', 'answer', 'answer']);
  });

  it('lets conditions wait for those that they come after, without looking at them', async () => {
    let looked = false;
    const look: Check = () => {
      looked = true;
      return holds({} as never);
    };
    const verdict = await check([condition('a', holdsNot), condition('b', look, ['a']), condition('c', look, ['b'])]);
    assert.deepEqual(
      verdict.conditions.map((one) => one.verdict),
      ['failed', 'waiting', 'waiting'],
    );
    assert.equal(looked, false);
  });

  it('is undecided, not failed, when the platform cannot say', async () => {
    const verdict = await check([condition('a', holds), condition('b', cannotSay), condition('c', holds, ['b'])]);
    assert.deepEqual([verdict.verdict, verdict.verdict === 'undecided' && verdict.code], ['undecided', 'registry-unreachable']);
    assert.deepEqual(
      verdict.conditions.map((one) => one.verdict),
      ['passed', 'undecided', 'waiting'],
    );
  });

  it('is failed when one condition fails and another cannot be decided', async () => {
    assert.equal((await check([condition('a', cannotSay), condition('b', holdsNot)])).verdict, 'failed');
  });

  it('calls a check that throws broken', async () => {
    const verdict = await check([condition('a', breaks)]);
    assert.equal(verdict.verdict === 'undecided' && verdict.code, 'check-broken');
  });

  it('is undecided when its time is up, at once', async () => {
    const limit = new AbortController();
    setTimeout(() => limit.abort(), 50);
    const startedAt = performance.now();
    const verdict = await check([condition('hangs', () => new Promise<never>(() => undefined)), condition('b', holds)], {
      signal: limit.signal,
    });
    assert.ok(performance.now() - startedAt < 1000);
    assert.equal(verdict.verdict === 'undecided' && verdict.code, 'check-timed-out');
    assert.deepEqual(
      verdict.conditions.map((one) => one.verdict),
      ['undecided', 'passed'],
    );
  });

  it('holds no control characters and no endless text of a sandbox', async () => {
    const [told] = (await check([condition('a', () => Promise.resolve(failed('x', `\u001b]0;title\u0007${'y'.repeat(5000)}\u202e`)))]))
      .conditions;
    assert.match(told?.found ?? '', /^[ -~]{1,600}$/);
  });

  it('fits the schema of the interface', async () => {
    for (const one of [holds, holdsNot, cannotSay]) assert.ok(verdictSchema.safeParse(await check([condition('a', one)])).success);
  });
});
