import { z } from 'zod';
import { needSchema, type Need } from '../sandboxes/sandbox-spec.ts';

const identifier = (what: string): z.ZodString =>
  z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, `${what} is lower case words and digits joined by hyphens`)
    .max(60);

/** One step of a lab, as written in lab.ts. The folder of the step carries its id as name. */
const stepSchema = z.strictObject({
  id: identifier('A step id').describe('Name of the folder that holds step.mdx, checks.ts, solution.sh and the near-misses'),
  title: z.string().min(1).max(80).describe('What the learner does, as an imperative'),
  needs: z
    .array(needSchema)
    .optional()
    .describe('What this step needs of the sandbox that earlier steps did not; without it, all that the lab needs'),
});

/** A lab, as written in lab.ts by `defineLab`. */
export const labSchema = z.strictObject({
  id: identifier('A lab id').describe('Name of the lab in addresses; unique in the course'),
  title: z.string().min(1).max(80).describe('Name of the lab on the page'),
  level: z.enum(['beginner', 'intermediate', 'advanced']).describe('Who can follow it'),
  minutes: z.int().min(5).max(240).describe('How long a learner usually needs'),
  needs: z.array(needSchema).min(1).describe('What the sandbox must hold'),
  summary: z.string().min(1).max(400).describe('One or two sentences for the course page'),
  steps: z.array(stepSchema).min(1).max(20).describe('The steps in order'),
});

/** Front matter of a module's module.mdx. */
export const moduleSchema = z.strictObject({
  title: z.string().min(1).max(80).describe('Name of the module'),
  number: z.int().positive().describe('Its place in the course'),
  of: z.int().positive().describe('How many modules the course has'),
  hours: z.number().positive().describe('How long the module takes'),
  summary: z.string().min(1).max(400).describe('One or two sentences for the course page'),
  objectives: z.array(z.string().min(1)).min(1).describe('What a learner can do afterwards'),
});

/** Front matter of a step's step.mdx. */
export const stepTextSchema = z.strictObject({
  title: z.string().min(1).max(80).describe('Heading of the step; the same as in lab.ts'),
});

export type Lab = z.infer<typeof labSchema>;
export type Step = z.infer<typeof stepSchema>;

/** What a sandbox must hold so that the steps up to and including the given one can be done. */
export function needsUpTo(lab: Lab, stepIndex: number): Need[] {
  const needed = new Set(lab.steps.slice(0, stepIndex + 1).flatMap((step) => step.needs ?? lab.needs));
  return lab.needs.filter((need) => needed.has(need));
}
