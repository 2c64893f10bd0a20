import { z } from 'zod';

/** An account as its owner sees it. */
export const accountSchema = z
  .object({
    id: z.string().describe('Permanent identifier.'),
    name: z.string().describe('What the pages call the person.'),
    email: z.string().describe('The identity that signatures carry.'),
  })
  .meta({ id: 'Account' });

/** An account as its owner sees it. */
export type Account = z.infer<typeof accountSchema>;
