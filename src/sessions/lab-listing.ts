import { z } from 'zod';
import { needSchema } from '../sandboxes/sandbox-spec.ts';

/** A lab as the course lists it. */
export const labListingSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    level: z.enum(['beginner', 'intermediate', 'advanced']),
    minutes: z.int(),
    needs: z.array(needSchema),
    summary: z.string(),
    state: z.enum(['published', 'draft', 'preparing']).describe('`preparing`: its images or services are not ready yet.'),
    steps: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        passed: z.boolean().describe('By who asks; false when nobody is signed in.'),
        conditions: z.array(z.object({ id: z.string(), title: z.string() })).describe('What must be true, in order.'),
      }),
    ),
  })
  .meta({ id: 'Lab' });
/** A lab as the course lists it. */
export type LabListing = z.infer<typeof labListingSchema>;
