import { z } from 'zod';
import { verdictSchema } from './grading/verdict.ts';
import { openApiOf } from './http/server/openapi.ts';
import { forAccounts, forAnyone, type Answer, type Route } from './http/server/route.ts';
import { accountSchema } from './identity/account.ts';
import { closeAccount, showAccount, signInAsGuest } from './identity/server/identity-handlers.ts';
import { preparationSchema } from './platform/preparation.ts';
import { followPreparation, health, metrics, readiness, showPreparation } from './platform/server/platform-handlers.ts';
import { labListingSchema } from './sessions/lab-listing.ts';
import { answerApproval, listApprovals } from './sessions/server/approval-handlers.ts';
import { maxFileBytes, readSandboxFile, writeSandboxFile } from './sessions/server/file-handlers.ts';
import { listLabs } from './sessions/server/lab-handlers.ts';
import {
  checkStep,
  endSession,
  extendSession,
  followSession,
  issueTicket,
  listSessions,
  resetSession,
  showSession,
  startSession,
} from './sessions/server/session-handlers.ts';
import { approvalViewSchema, listingSchema, sessionEventSchema, sessionSchema } from './sessions/session.ts';

const statusSchema = z.object({ status: z.string() });
const nothing: Answer = { meaning: 'Done' };
const events = (data: z.ZodType): Answer => ({
  meaning: 'Server-sent events until the client goes; the schema is that of their data',
  contentType: 'text/event-stream',
  data,
});
const session = (meaning: string): Answer => ({ meaning, schema: sessionSchema });

/**
 * Every URL of the platform that is not a page. The socket of the terminals is `GET /api/v1/sessions/:id/terminals`
 * with an upgrade; see src/terminal/server/terminal-gateway.ts.
 */
export const routes: readonly Route[] = [
  forAnyone({
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the server serves',
    answers: { 200: { meaning: 'It does', schema: statusSchema } },
    handle: health,
  }),
  forAnyone({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether labs can be started',
    answers: { 200: { meaning: 'They can', schema: statusSchema }, 503: { meaning: 'Not yet', schema: statusSchema } },
    handle: readiness,
  }),
  forAnyone({
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    answers: { 200: { meaning: 'Figures', contentType: 'text/plain' } },
    handle: metrics,
  }),
  forAnyone({
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This document',
    answers: { 200: { meaning: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
    handle: () => Promise.resolve({ status: 200, json: openApiOf(routes) }),
  }),
  forAnyone({
    method: 'GET',
    path: '/api/v1/preparation',
    summary: 'How far the platform is with getting ready',
    answers: { 200: { meaning: 'Its stages', schema: preparationSchema } },
    handle: showPreparation,
  }),
  forAnyone({
    method: 'GET',
    path: '/api/v1/preparation/events',
    summary: 'The same after every change',
    answers: { 200: events(preparationSchema) },
    handle: followPreparation,
  }),
  forAnyone({
    method: 'POST',
    path: '/api/v1/guests',
    summary: 'Sign in as a guest; who is signed in keeps the account',
    limit: 'guests',
    body: z.object({}),
    answers: {
      201: { meaning: 'A new account; the cookie is set', schema: accountSchema },
      200: { meaning: 'The present account', schema: accountSchema },
    },
    handle: signInAsGuest,
  }),
  forAccounts({
    method: 'GET',
    path: '/api/v1/account',
    summary: 'Who is signed in',
    answers: { 200: { meaning: 'You', schema: accountSchema } },
    handle: showAccount,
  }),
  forAccounts({
    method: 'DELETE',
    path: '/api/v1/account',
    summary: 'Close the account for good',
    answers: { 204: nothing },
    handle: closeAccount,
  }),
  forAnyone({
    method: 'GET',
    path: '/api/v1/labs',
    summary: 'Every lab with its steps',
    answers: { 200: { meaning: 'The labs', schema: z.array(labListingSchema) } },
    handle: listLabs,
  }),
  forAccounts({
    method: 'POST',
    path: '/api/v1/sessions',
    summary: 'Start a lab; the running session of the lab is returned again',
    limit: 'starts',
    body: z.object({ lab: z.string().max(100) }),
    answers: { 201: session('A new session'), 200: session('The session that runs already') },
    handle: startSession,
  }),
  forAccounts({
    method: 'GET',
    path: '/api/v1/sessions',
    summary: 'Your running sessions',
    answers: { 200: { meaning: 'Sessions', schema: z.array(sessionSchema) } },
    handle: listSessions,
  }),
  forAccounts({
    method: 'GET',
    path: '/api/v1/sessions/:id',
    summary: 'A session with its stages and steps',
    answers: { 200: session('The session') },
    handle: showSession,
  }),
  forAccounts({ method: 'DELETE', path: '/api/v1/sessions/:id', summary: 'End a session', answers: { 204: nothing }, handle: endSession }),
  forAccounts({
    method: 'POST',
    path: '/api/v1/sessions/:id/reset',
    summary: 'A fresh sandbox for the same session, also after a failure',
    limit: 'starts',
    answers: { 202: session('It is being made') },
    handle: resetSession,
  }),
  forAccounts({
    method: 'POST',
    path: '/api/v1/sessions/:id/extend',
    summary: 'One hour more, at most twice',
    answers: { 200: session('Extended') },
    handle: extendSession,
  }),
  forAccounts({
    method: 'POST',
    path: '/api/v1/sessions/:id/steps/:step/check',
    summary: 'Check a step',
    limit: 'checks',
    answers: { 200: { meaning: 'The verdict', schema: verdictSchema } },
    handle: checkStep,
  }),
  forAccounts({
    method: 'GET',
    path: '/api/v1/sessions/:id/events',
    summary: 'Stages, verdicts and approvals as they happen',
    answers: { 200: events(sessionEventSchema) },
    handle: followSession,
  }),
  forAccounts({
    method: 'POST',
    path: '/api/v1/sessions/:id/tickets',
    summary: 'A one-use ticket for the terminal socket, good for 30 s',
    answers: { 201: { meaning: 'The ticket', schema: z.object({ ticket: z.string() }) } },
    handle: issueTicket,
  }),
  forAccounts({
    method: 'GET',
    path: '/api/v1/sessions/:id/files/*path',
    summary: 'A file of the lab folder; a folder (path ends with a slash, or is empty) as a listing',
    answers: { 200: { meaning: 'The bytes of a file (application/octet-stream), or a listing', schema: listingSchema } },
    handle: readSandboxFile,
  }),
  forAccounts({
    method: 'PUT',
    path: '/api/v1/sessions/:id/files/*path',
    summary: 'Write a file of the lab folder, at most 1 MiB',
    body: { maxBytes: maxFileBytes },
    answers: { 204: nothing },
    handle: writeSandboxFile,
  }),
  forAccounts({
    method: 'GET',
    path: '/api/v1/approvals',
    summary: 'Signatures that wait for your consent; ?session= names one session',
    answers: { 200: { meaning: 'Approvals', schema: z.array(approvalViewSchema) } },
    handle: listApprovals,
  }),
  forAccounts({
    method: 'POST',
    path: '/api/v1/approvals/:code',
    summary: 'Let a signature be made in your name, or refuse it',
    body: z.object({ decision: z.enum(['approve', 'deny']) }),
    answers: { 204: nothing },
    handle: answerApproval,
  }),
];
