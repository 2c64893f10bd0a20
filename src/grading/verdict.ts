import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '../shared/errors.ts';

/** What a check may say about one condition. `waiting`: another condition has to hold before this one can be looked at. */
const conditionVerdictSchema = z.enum(['passed', 'failed', 'undecided', 'waiting']);

/** One condition of a step as a learner sees it. Texts are plain, at most a few hundred characters, and never hold a solution unless it is the last hint. */
const conditionSchema = z.object({
  id: z.string().describe('Stable name within the step'),
  title: z.string().describe('What must be true, as a sentence'),
  verdict: conditionVerdictSchema,
  expected: z.string().optional().describe('What was looked for'),
  found: z.string().optional().describe('What was found instead'),
  hint: z.string().optional().describe('The hint of the ladder that is due'),
  hintNumber: z.int().positive().optional().describe('Which hint of the ladder that is, from 1'),
  hints: z.int().nonnegative().optional().describe('How many hints the ladder holds'),
});

const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/**
 * The answer to "check this step". `undecided` is the platform's fault: it is said so and costs the learner nothing.
 * Conditions keep the order of the step.
 */
export const verdictSchema = z.discriminatedUnion('verdict', [
  z.object({ verdict: z.literal('passed'), conditions: z.array(conditionSchema) }),
  z.object({ verdict: z.literal('failed'), conditions: z.array(conditionSchema) }),
  z.object({ verdict: z.literal('undecided'), code: z.enum(errorCodes), conditions: z.array(conditionSchema) }),
]);

export type Condition = z.infer<typeof conditionSchema>;
export type Verdict = z.infer<typeof verdictSchema>;

/** Sums conditions up: a failed one fails the step; else an undecided one leaves it open; else all must have passed. */
export function verdictOf(conditions: readonly Condition[], code: ErrorCode | undefined): Verdict {
  const list = [...conditions];
  if (list.some(({ verdict }) => verdict === 'failed')) return { verdict: 'failed', conditions: list };
  if (code !== undefined) return { verdict: 'undecided', code, conditions: list };
  return { verdict: list.every(({ verdict }) => verdict === 'passed') ? 'passed' : 'failed', conditions: list };
}
