import type { Lab } from '../../catalog/lab.ts';
import type { Account } from '../../identity/account.ts';
import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import { PlatformError } from '../../shared/errors.ts';
import { newId } from '../../shared/server/ids.ts';
import type { Session } from '../session.ts';
import { ApprovalDesk } from './approvals.ts';
import { isRunning, liveSession, type LiveSession } from './live-session.ts';
import { SandboxWatch } from './sandbox-watch.ts';
import { noSandbox } from './session-store.ts';
import { SessionLife, type SessionParts } from './session-life.ts';
import { extension } from './session-view.ts';
import { describeFailure } from './start-sandbox.ts';
import { StepChecks } from './step-checks.ts';
import type { Workshop } from './workshop.ts';

/**
 * Sessions: learner x lab x sandbox. Lives as long as the server; the workshop (engine, sandboxes, signing) comes
 * with {@link open} and may go and come again.
 */
export class SessionManager {
  readonly checks: StepChecks;
  readonly approvals: ApprovalDesk;
  readonly #parts: SessionParts;
  readonly #life: SessionLife;
  readonly #watch: SandboxWatch;
  /** Sessions are made one after the other, so that two requests of one learner get one session. */
  #creation: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts, onEngineLost: (reason: string) => void) {
    this.#parts = parts;
    this.#life = new SessionLife(parts);
    const workshop = (): Workshop | undefined => this.#life.workshop;
    this.approvals = new ApprovalDesk({ hub: parts.hub, workshop, find: (id) => this.#life.get(id) });
    this.checks = new StepChecks({ ...parts, workshop });
    this.#watch = new SandboxWatch({
      sessions: () => this.#life.all().filter(isRunning),
      onLost: (session, reason) => this.#life.fail(session, describeFailure(new PlatformError('sandbox-gone', reason))),
      onExpired: (session) => this.end(session),
      onEngineLost,
      warn: parts.warn,
    });
  }

  /** Takes up the sessions that an earlier run of the server left. */
  load(): Promise<void> {
    return this.#life.load();
  }

  /** The platform is prepared: sessions resume, and new ones can start. */
  async open(workshop: Workshop): Promise<void> {
    await this.#life.open(workshop);
    this.approvals.open();
    this.#watch.open(workshop.driver);
  }

  /** The engine is lost: the sandboxes that were on it are given up, the others wait for the next {@link open}. */
  async lose(reason: string): Promise<void> {
    const lost = this.#life.all().filter(({ sandbox }) => sandbox !== undefined);
    this.close();
    const failure = describeFailure(new PlatformError('engine-failed', reason), 'engine');
    await Promise.all(lost.map((session) => this.#life.fail(session, failure)));
  }

  /** Stops looking after sessions; sandboxes live on. */
  close(): void {
    this.#watch.close();
    this.approvals.close();
    this.#life.close();
  }

  /**
   * The learner's running session of a lab, or a new one.
   * @throws PlatformError `lab-preparing` while the platform is not ready for it.
   */
  async start(account: Account, lab: Lab): Promise<{ session: LiveSession; created: boolean }> {
    const creation = this.#creation.then(() => this.#findOrCreate(account, lab));
    this.#creation = creation.catch(() => undefined);
    return creation;
  }

  /**
   * The account's session of this id.
   * @throws PlatformError `session-not-found`, also for somebody else's
   */
  async find(account: Account, id: string): Promise<LiveSession> {
    const session = this.#life.get(id) ?? (await this.#findStored(account, id));
    if (session?.account.id === account.id) return session;
    throw new PlatformError('session-not-found', `You have no session ${id.slice(0, 40)}.`);
  }

  /** The account's sessions that hold, or wait for, a sandbox. */
  runningOf(account: Account): LiveSession[] {
    return this.#life.all().filter((session) => session.account.id === account.id && isRunning(session));
  }

  view(session: LiveSession): Promise<Session> {
    return this.#life.view(session);
  }

  /**
   * The sandbox of a ready session.
   * @throws PlatformError `sandbox-not-ready` or `session-over`
   */
  sandboxOf(session: LiveSession): ReadySandbox {
    if (session.sandbox !== undefined) return session.sandbox;
    throw new PlatformError(isRunning(session) ? 'sandbox-not-ready' : 'session-over', `The session is ${session.record.state}.`);
  }

  /** The sandbox of a ready session by the session's id, for the terminals. */
  sandboxById(id: string): ReadySandbox {
    const session = this.#life.get(id);
    if (session === undefined) throw new PlatformError('session-not-found', `There is no running session ${id}.`);
    return this.sandboxOf(session);
  }

  /** Ends a session and removes its sandbox; one that is over stays as it is. */
  async end(session: LiveSession): Promise<void> {
    if (session.record.state === 'ended') return;
    await this.#life.release(session, { state: 'ended', failure: undefined });
  }

  /**
   * Gives a running or failed session a fresh sandbox. What was passed stays passed.
   * @throws PlatformError `session-over` or `lab-preparing`
   */
  async reset(session: LiveSession): Promise<void> {
    const { state, expiresAtMs, id } = session.record;
    if (state === 'ended') throw new PlatformError('session-over', 'The session has ended.');
    if (this.#life.workshop === undefined) throw new PlatformError('lab-preparing', 'The sandboxes are not ready yet.');
    await this.#parts.sessions.clearResults(id);
    const expiry = state === 'failed' ? Date.now() + this.#parts.sessionMs : expiresAtMs;
    session.stages.clear();
    session.hintsSeen.clear();
    const { removed } = await this.#life.release(session, { state: 'queued', failure: undefined, expiresAtMs: expiry });
    const { generation } = session;
    void removed.then(() => (session.generation === generation ? this.#life.enqueue(session) : undefined));
  }

  /** @throws PlatformError `extension-limit-reached` or `session-over` */
  async extend(session: LiveSession): Promise<void> {
    const { state, extensions, expiresAtMs } = session.record;
    if (!isRunning(session)) throw new PlatformError('session-over', `The session is ${state}.`);
    if (extensions >= extension.most) throw new PlatformError('extension-limit-reached', `It was extended ${extensions} times already.`);
    await this.#life.update(session, { extensions: extensions + 1, expiresAtMs: expiresAtMs + extension.ms });
  }

  /** Ends every session of an account. */
  async endAllOf(account: Account): Promise<void> {
    await Promise.all(this.runningOf(account).map((session) => this.end(session)));
  }

  countByState(): Map<string, number> {
    return this.#life.countByState();
  }

  async #findOrCreate(account: Account, lab: Lab): Promise<{ session: LiveSession; created: boolean }> {
    const running = this.runningOf(account).find((session) => session.lab.id === lab.id);
    if (running !== undefined) return { session: running, created: false };
    if (this.#life.workshop === undefined) throw new PlatformError('lab-preparing', 'The sandboxes are not ready yet.');
    const now = Date.now();
    const identity = { id: newId(), accountId: account.id, labId: lab.id, sandboxId: noSandbox, state: 'queued' as const };
    const record = { ...identity, createdAtMs: now, expiresAtMs: now + this.#parts.sessionMs, extensions: 0, failure: undefined };
    await this.#parts.sessions.insert(record);
    const session = liveSession({ record, account, lab });
    await this.#life.enqueue(session);
    return { session, created: true };
  }

  async #findStored(account: Account, id: string): Promise<LiveSession | undefined> {
    const record = await this.#parts.sessions.find(id);
    const lab = record === undefined ? undefined : this.#parts.findLab(record.labId);
    if (record === undefined || lab === undefined || record.accountId !== account.id) return undefined;
    return liveSession({ record, account, lab });
  }
}
