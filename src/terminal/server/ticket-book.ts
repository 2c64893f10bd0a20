import { randomBytes } from 'node:crypto';
import type { Role } from '../protocol.ts';

/** A ticket is asked for and used by the same script within one round trip. */
const lifetimeMs = 30_000;
/** Tickets that nobody has used; the oldest goes first, so that asking without end costs no memory. */
const maxTickets = 10_000;

/** What a ticket allows. */
export interface TerminalGrant {
  readonly sessionId: string;
  readonly userId: string;
  readonly role: Role;
}

/** One-use tickets for the terminal socket, since a browser cannot send a header with a WebSocket. */
export class TicketBook {
  readonly #tickets = new Map<string, { grant: TerminalGrant; expiresAtMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A new ticket, 43 characters, good for one use within 30 seconds. */
  issue(grant: TerminalGrant): string {
    const ticket = randomBytes(32).toString('base64url');
    this.#tickets.set(ticket, { grant, expiresAtMs: this.#now() + lifetimeMs });
    const [oldest] = this.#tickets.keys();
    if (this.#tickets.size > maxTickets && oldest !== undefined) this.#tickets.delete(oldest);
    return ticket;
  }

  /** What the ticket allows, once; undefined when it is unknown, used or too old. */
  redeem(ticket: string): TerminalGrant | undefined {
    const found = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return found !== undefined && this.#now() < found.expiresAtMs ? found.grant : undefined;
  }
}
