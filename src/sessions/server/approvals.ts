import { PlatformError } from '../../shared/errors.ts';
import type { ApprovalView } from '../session.ts';
import type { EventHub } from './event-hub.ts';
import type { LiveSession } from './live-session.ts';
import type { Workshop } from './workshop.ts';

/** A card must appear within two seconds of the code; asking costs the signing services about a millisecond. */
const pollMs = 700;

/** What the desk works with. */
interface ApprovalDeskParts {
  readonly hub: EventHub;
  readonly workshop: () => Workshop | undefined;
  readonly find: (sessionId: string) => LiveSession | undefined;
}

/** Signatures that wait for a learner's consent: shown to the page that is open, answered by the session's owner. */
export class ApprovalDesk {
  readonly #parts: ApprovalDeskParts;
  readonly #shown = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ApprovalDeskParts) {
    this.#parts = parts;
  }

  /** Begins to look for codes of the sessions that somebody has open. */
  open(): void {
    this.#timer ??= setTimeout(() => void this.#poll(), pollMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** What waits in a session now; nothing while its sandbox is not ready. */
  async pending(session: LiveSession): Promise<ApprovalView[]> {
    const { sandbox, account, record } = session;
    const workshop = this.#parts.workshop();
    if (sandbox === undefined || sandbox.linkAddress === '' || workshop === undefined) return [];
    const found = await workshop.pendingApprovals(sandbox.linkAddress);
    return found.map(({ code, requestedAt, expiresAt }) => ({ code, session: record.id, email: account.email, requestedAt, expiresAt }));
  }

  /**
   * Answers a code that waits in the session; the signature carries the account's address.
   * @throws PlatformError `approval-not-found` when no such code waits there, or it has expired.
   */
  async answer(session: LiveSession, code: string, decision: 'approve' | 'deny'): Promise<void> {
    const { sandbox, account, record } = session;
    const workshop = this.#parts.workshop();
    if (sandbox === undefined || workshop === undefined) throw new PlatformError('sandbox-not-ready', 'The sandbox cannot be reached now.');
    const outcome =
      decision === 'approve'
        ? await workshop.approve(code, { linkAddress: sandbox.linkAddress, email: account.email })
        : await workshop.deny(code, sandbox.linkAddress);
    if (outcome === 'unknown' || outcome === 'expired') {
      throw new PlatformError(
        'approval-not-found',
        `The code ${code} is ${outcome === 'expired' ? 'too old' : 'not waiting in this session'}.`,
      );
    }
    this.#announce(record.id, await this.pending(session));
  }

  async #poll(): Promise<void> {
    const listened = this.#parts.hub.listenedSessions();
    for (const id of this.#shown.keys()) if (!listened.includes(id)) this.#shown.delete(id);
    await Promise.all(listened.map((id) => this.#look(id)));
    if (this.#timer === undefined) return;
    this.#timer = setTimeout(() => void this.#poll(), pollMs);
  }

  async #look(sessionId: string): Promise<void> {
    const session = this.#parts.find(sessionId);
    if (session?.sandbox === undefined) return;
    // While the signing services do not answer, what was shown last stays; health is told elsewhere.
    const approvals = await this.pending(session).catch(() => undefined);
    if (approvals !== undefined) this.#announce(sessionId, approvals);
  }

  #announce(sessionId: string, approvals: ApprovalView[]): void {
    const codes = approvals.map(({ code }) => code).join(' ');
    if ((this.#shown.get(sessionId) ?? '') === codes) return;
    this.#shown.set(sessionId, codes);
    this.#parts.hub.publish(sessionId, { type: 'approvals', approvals });
  }
}
