import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '../shared/errors.ts';

/** An error as the interface tells it: RFC 9457 with the catalogue's code and remedy. */
export const problemSchema = z
  .object({
    type: z.string().describe('`/problems/<code>`, a page that explains the error.'),
    title: z.string().describe('What happened, in general.'),
    status: z.int(),
    code: z.string().describe('Permanent code of the error catalogue.'),
    detail: z.string().describe('What happened this time.'),
    fix: z.string().describe('What to do about it.'),
  })
  .meta({ id: 'Problem' });
/** An error as the interface tells it. */
export type Problem = z.infer<typeof problemSchema>;

/** The problem document of an error code. */
export function problemOf(code: ErrorCode, detail: string): Problem {
  const { title, status, fix } = errorCatalogue[code];
  return { type: `/problems/${code}`, title, status, code, detail, fix };
}
