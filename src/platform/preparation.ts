import { z } from 'zod';

/** One stage of a long piece of work: of the preparation of the platform, or of the start of a sandbox. */
export const stageViewSchema = z
  .object({
    name: z.string().describe('Machine name, for example `cluster`.'),
    title: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    elapsedMs: z.int().min(0).describe('Milliseconds since the stage began; of a running one at the time of the answer.'),
    expectedMs: z.int().optional().describe('How long it usually takes on this machine; absent when not known.'),
    detail: z.string().optional(),
  })
  .meta({ id: 'Stage' });
/** One stage of a long piece of work: of the preparation of the platform, or of the start of a sandbox. */
export type StageView = z.infer<typeof stageViewSchema>;

/** How far the platform is with getting ready for labs. */
export const preparationSchema = z
  .object({
    state: z.enum(['preparing', 'ready', 'failed']).describe('A failed preparation is tried again by itself.'),
    stages: z.array(stageViewSchema),
    failure: z.object({ code: z.string(), title: z.string(), detail: z.string(), fix: z.string() }).optional(),
  })
  .meta({ id: 'Preparation' });
/** How far the platform is with getting ready for labs. */
export type Preparation = z.infer<typeof preparationSchema>;
