import { randomBytes } from 'node:crypto';

/** Time between fetching a ticket and opening the socket; a page does both at once. */
const ticketLifetimeMs = 30_000;

/** What a ticket admits to. */
export interface Ticket {
  readonly sessionId: string;
  readonly userId: string;
  readonly role: 'driver' | 'observer';
}

/** One-use tickets for the terminal socket, since a WebSocket cannot carry headers of its own. */
export class TicketBook {
  readonly #open = new Map<string, Ticket & { readonly expiresAtMs: number }>();

  issue(ticket: Ticket): { ticket: string; expiresAtMs: number } {
    this.#removeExpired();
    const value = randomBytes(24).toString('base64url');
    const expiresAtMs = Date.now() + ticketLifetimeMs;
    this.#open.set(value, { ...ticket, expiresAtMs });
    return { ticket: value, expiresAtMs };
  }

  /** The ticket's meaning, once; undefined when it is unknown, used or expired. */
  redeem(value: string): Ticket | undefined {
    const found = this.#open.get(value);
    this.#open.delete(value);
    if (found === undefined || found.expiresAtMs <= Date.now()) return undefined;
    return { sessionId: found.sessionId, userId: found.userId, role: found.role };
  }

  #removeExpired(): void {
    const now = Date.now();
    for (const [value, ticket] of this.#open) if (ticket.expiresAtMs <= now) this.#open.delete(value);
  }
}
