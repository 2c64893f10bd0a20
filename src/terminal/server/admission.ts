import type { IncomingMessage } from 'node:http';
import { protocolName } from '../protocol.ts';
import type { TerminalGrant } from './ticket-book.ts';

/** Why an upgrade is refused. */
export type Refusal = 'path' | 'protocol' | 'origin' | 'ticket' | 'session' | 'revoked';

/** The decision about one upgrade request. */
export type Admission = { readonly admitted: true; readonly grant: TerminalGrant } | { readonly admitted: false; readonly why: Refusal };

/** What the decision needs to know. */
export interface AdmissionRules {
  /** Exact origins, `https://host:port` as browsers send them. */
  readonly allowedOrigins: readonly string[];
  readonly redeemTicket: (ticket: string) => TerminalGrant | undefined;
  readonly isRevoked: (grant: TerminalGrant) => boolean;
}

/** `/api/v1/sessions/<id>/terminals` */
const terminalsPath = /^\/api\/v1\/sessions\/([A-Za-z0-9_-]{1,64})\/terminals$/;

/**
 * Decides about an upgrade. Browsers send Origin with every WebSocket, so one without it does not come from the
 * site. The ticket is used up only when everything before it was right.
 */
export function admit(request: IncomingMessage, rules: AdmissionRules): Admission {
  const refuse = (why: Refusal): Admission => ({ admitted: false, why });
  const url = URL.parse(request.url ?? '/', 'http://terminal.invalid');
  const sessionId = terminalsPath.exec(url?.pathname ?? '')?.[1];
  if (url === null || sessionId === undefined) return refuse('path');
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!protocols.includes(protocolName)) return refuse('protocol');
  const { origin } = request.headers;
  if (origin === undefined || !rules.allowedOrigins.includes(origin)) return refuse('origin');
  const grant = rules.redeemTicket(url.searchParams.get('ticket') ?? '');
  if (grant === undefined) return refuse('ticket');
  if (grant.sessionId !== sessionId) return refuse('session');
  if (rules.isRevoked(grant)) return refuse('revoked');
  return { admitted: true, grant };
}
