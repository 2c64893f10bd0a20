import { z } from 'zod';
import { verdictSchema } from '../grading/verdict.ts';
import { stageViewSchema } from '../platform/preparation.ts';

/** Where a session is in its life. */
const sessionStateSchema = z.enum(['queued', 'starting', 'ready', 'paused', 'ended', 'failed']);
/** Where a session is in its life. */
export type SessionState = z.infer<typeof sessionStateSchema>;

/** The states in which a session holds, or waits for, a sandbox. */
export const runningStates = ['queued', 'starting', 'ready', 'paused'] as const satisfies readonly SessionState[];

/** Why a session failed. */
const sessionFailureSchema = z
  .object({
    code: z.string().describe('Code of the error catalogue.'),
    stage: z.string().describe('The stage in which it failed.'),
    title: z.string(),
    detail: z.string().describe('The cause, with the last lines of the log where there are any.'),
    fix: z.string(),
  })
  .meta({ id: 'SessionFailure' });
/** Why a session failed. */
export type SessionFailure = z.infer<typeof sessionFailureSchema>;

/** A step of the session's lab with what the learner has reached. */
const stepViewSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    passed: z.boolean().describe('Passed once, in this session or an earlier one; it stays so.'),
    verdict: verdictSchema.optional().describe('The latest verdict in this session.'),
    checkedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Step' });
/** A step of the session's lab with what the learner has reached. */
export type StepView = z.infer<typeof stepViewSchema>;

/** A session as its learner sees it. */
export const sessionSchema = z
  .object({
    id: z.string(),
    lab: z.string(),
    state: sessionStateSchema,
    stages: z.array(stageViewSchema),
    queuePosition: z.int().min(1).optional().describe('1 is next; only while queued.'),
    failure: sessionFailureSchema.optional(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    extensionsLeft: z.int().min(0),
    variables: z.record(z.string(), z.string()).describe('Values for `{{name}}` in texts and commands.'),
    steps: z.array(stepViewSchema),
  })
  .meta({ id: 'Session' });
/** A session as its learner sees it. */
export type Session = z.infer<typeof sessionSchema>;

/** A signature that waits for the learner's consent. */
export const approvalViewSchema = z
  .object({
    code: z.string().describe('What the command in the terminal shows.'),
    session: z.string(),
    email: z.string().describe('The identity that the signature will carry.'),
    requestedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Approval' });
/** A signature that waits for the learner's consent. */
export type ApprovalView = z.infer<typeof approvalViewSchema>;

/**
 * What `GET /api/v1/sessions/:id/events` sends as `data`; the event's name equals `type`.
 * The first is always a `session`, so that a client needs no other request to be up to date.
 */
export const sessionEventSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('session'), session: sessionSchema }),
    z.object({ type: z.literal('stage'), stage: stageViewSchema }),
    z.object({ type: z.literal('checking'), step: z.string() }),
    z.object({ type: z.literal('verdict'), step: z.string(), passed: z.boolean(), verdict: verdictSchema }),
    z.object({ type: z.literal('approvals'), approvals: z.array(approvalViewSchema).describe('All that wait now.') }),
  ])
  .meta({ id: 'SessionEvent' });
/** What the event stream of a session sends. */
export type SessionEvent = z.infer<typeof sessionEventSchema>;

/** A folder of the sandbox; `complete` is false when there was more than is told. */
export const listingSchema = z
  .object({
    complete: z.boolean(),
    files: z.array(
      z.object({ path: z.string(), kind: z.enum(['file', 'directory', 'symlink', 'other']), bytes: z.number(), modifiedAtMs: z.number() }),
    ),
  })
  .meta({ id: 'Listing' });
