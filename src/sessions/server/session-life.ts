import type { Lab } from '../../catalog/lab.ts';
import { labVariables } from '../../catalog/variables.ts';
import type { Account } from '../../identity/account.ts';
import type { StageDurations } from '../../platform/server/stage-durations.ts';
import type { ProgressStore } from '../../progress/server/progress-store.ts';
import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import { PlatformError } from '../../shared/errors.ts';
import { runningStates, type Session, type SessionFailure, type SessionState } from '../session.ts';
import type { EventHub } from './event-hub.ts';
import { isRunning, liveSession, type LiveSession } from './live-session.ts';
import type { SessionMetrics } from './session-metrics.ts';
import { noSandbox, type SessionRecord, type SessionStore } from './session-store.ts';
import { viewOf } from './session-view.ts';
import { StartQueue } from './start-queue.ts';
import { describeFailure, isOvertaken, OvertakenError, startSandbox } from './start-sandbox.ts';
import type { Workshop } from './workshop.ts';

/** What sessions are made with. */
export interface SessionParts {
  readonly sessions: SessionStore;
  readonly progress: ProgressStore;
  readonly durations: StageDurations;
  readonly hub: EventHub;
  readonly metrics: SessionMetrics;
  readonly findLab: (id: string) => Lab | undefined;
  readonly findAccount: (id: string) => Promise<Account | undefined>;
  /** How long a session lasts before it is extended. */
  readonly sessionMs: number;
  /** Called when a session's sandbox goes away, so that its terminals are closed. */
  readonly onOver: (sessionId: string) => void;
  /** Called with what should be looked at by an operator. */
  readonly warn: (message: string, error: unknown) => void;
}

/** What may change in a stored session. */
type Change = Partial<Pick<SessionRecord, 'state' | 'sandboxId' | 'expiresAtMs' | 'extensions' | 'failure'>>;

/** How sessions move from state to state. Knows nothing of who may ask for it; that is the manager's. */
export class SessionLife {
  readonly #parts: SessionParts;
  readonly #live = new Map<string, LiveSession>();
  readonly #queue = new StartQueue();
  #workshop: Workshop | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Undefined while the platform is being prepared. */
  get workshop(): Workshop | undefined {
    return this.#workshop;
  }

  get(id: string): LiveSession | undefined {
    return this.#live.get(id);
  }

  all(): LiveSession[] {
    return [...this.#live.values()];
  }

  /** Takes up the sessions that an earlier run of the server left; they show as being reconnected until {@link open}. */
  async load(): Promise<void> {
    for (const record of await this.#parts.sessions.running()) {
      const lab = this.#parts.findLab(record.labId);
      const account = await this.#parts.findAccount(record.accountId);
      if (lab === undefined || account === undefined) {
        await this.#parts.sessions.update({ ...record, state: 'ended' });
        continue;
      }
      const session = liveSession({ record, account, lab });
      session.stages.apply({ stage: 'reconnect', title: 'Reconnecting to your sandbox', state: 'running', elapsedMs: 0 });
      this.#live.set(record.id, session);
    }
  }

  /** The platform is prepared: adopts what lives, removes what belongs to nobody, and lets the queue move. */
  async open(workshop: Workshop): Promise<void> {
    this.#workshop = workshop;
    await Promise.all(
      this.all()
        .filter(isRunning)
        .map((session) => this.#adopt(session, workshop)),
    );
    await workshop.removeLeftovers(this.#sandboxIds());
    this.#queue.setCapacity(workshop.capacity);
    this.#pump();
  }

  /** Nothing starts or ends any more; sandboxes live on. */
  close(): void {
    this.#queue.setCapacity(undefined);
    this.#workshop = undefined;
  }

  /** Takes a session in and lines it up for a sandbox. */
  async enqueue(session: LiveSession): Promise<void> {
    this.#live.set(session.record.id, session);
    this.#queue.enqueue(session.record.id, session.lab.needs);
    this.#pump();
    await this.#announce(session);
  }

  /** Stores a change and tells it to whoever listens. */
  async update(session: LiveSession, change: Change): Promise<void> {
    session.record = { ...session.record, ...change };
    await this.#parts.sessions.update(session.record);
    await this.#announce(session);
  }

  /** Takes the sandbox away, whatever state it is in. `removed` settles when nothing of it is left. */
  async release(session: LiveSession, change: Change): Promise<{ removed: Promise<void> }> {
    session.generation += 1;
    session.sandbox = undefined;
    const { id, sandboxId } = session.record;
    this.#parts.onOver(id);
    await this.update(session, change);
    const removed = this.#removeSandbox(sandboxId)
      .catch((error: unknown) => this.#parts.warn(`the sandbox ${sandboxId} was not removed`, error))
      .then(() => {
        if (change.state === 'ended') this.#forget(id);
        this.#queue.leave(id);
        this.#pump();
      });
    return { removed };
  }

  async fail(session: LiveSession, failure: SessionFailure): Promise<void> {
    this.#parts.metrics.countFailure(failure.code);
    await this.release(session, { state: 'failed', failure });
  }

  async view(session: LiveSession): Promise<Session> {
    const { record, account, lab } = session;
    const passed = await this.#parts.progress.passedSteps(account.id, lab.id);
    const results = await this.#parts.sessions.results(record.id);
    const awaitsAdoption = record.state === 'ready' && session.sandbox === undefined;
    const shown = awaitsAdoption ? { ...record, state: 'starting' as const } : record;
    return viewOf({
      record: shown,
      account,
      lab,
      stages: session.stages.views(),
      queuePosition: this.#queue.position(record.id),
      passed,
      results,
    });
  }

  /** Number of sessions by state, for the metrics. */
  countByState(): Map<SessionState, number> {
    const counts = new Map<SessionState, number>(runningStates.map((state) => [state, 0]));
    for (const { record } of this.#live.values()) counts.set(record.state, (counts.get(record.state) ?? 0) + 1);
    return counts;
  }

  #pump(): void {
    for (let id = this.#queue.next(); id !== undefined; id = this.#queue.next()) {
      const session = this.#live.get(id);
      if (session === undefined) this.#queue.leave(id);
      else this.#run(session).catch((error: unknown) => this.#parts.warn('a start ended badly', error));
    }
    for (const session of this.#queue.waiting().map((id) => this.#live.get(id))) {
      if (session !== undefined) void this.#announce(session);
    }
  }

  /** From `queued` to `ready` or `failed`. */
  async #run(session: LiveSession): Promise<void> {
    session.generation += 1;
    session.starting = true;
    const { generation, record } = session;
    const startedAt = performance.now();
    try {
      const sandbox = await this.#start(session);
      if (session.generation !== generation) return await this.#workshop?.driver.stop(sandbox.id);
      session.sandbox = sandbox;
      this.#parts.metrics.observeStart(performance.now() - startedAt);
      await this.update(session, { state: 'ready' });
    } catch (error) {
      if (session.generation === generation && !isOvertaken(error))
        await this.fail(session, describeFailure(error, session.stages.culprit()));
    } finally {
      session.starting = session.generation !== generation && session.starting;
      if (session.generation === generation) this.#queue.started(record.id);
      this.#pump();
    }
  }

  async #start(session: LiveSession): Promise<ReadySandbox> {
    const { record, account, lab, generation } = session;
    const workshop = this.#workshop;
    if (workshop === undefined) throw new PlatformError('lab-preparing', 'The platform is being prepared again.');
    const variables = labVariables({ sessionId: record.id, email: account.email });
    const files = await workshop.labFiles(lab, variables);
    const learner = { email: account.email };
    return startSandbox({
      driver: workshop.driver,
      request: { sessionId: record.id, needs: lab.needs, learner, variables, files, expectedMs: this.#parts.durations.all() },
      stages: session.stages,
      onAttempt: async (sandboxId) => {
        if (session.generation !== generation) throw new OvertakenError();
        await this.update(session, { state: 'starting', sandboxId });
      },
      onStage: (stage) => {
        this.#parts.hub.publish(record.id, { type: 'stage', stage });
        if (stage.state !== 'done') return;
        this.#parts.metrics.observeStage(stage.name, stage.elapsedMs);
        this.#parts.durations
          .learn(stage.name, stage.elapsedMs)
          .catch((error: unknown) => this.#parts.warn('a duration was not kept', error));
      },
    });
  }

  async #adopt(session: LiveSession, workshop: Workshop): Promise<void> {
    const { record, lab } = session;
    if (session.sandbox !== undefined || session.starting) return;
    if (record.state === 'queued' || record.state === 'starting') {
      // The start was cut off; its sandbox is a leftover and a fresh one is made.
      session.stages.clear();
      await this.update(session, { state: 'queued', sandboxId: noSandbox });
      this.#queue.enqueue(record.id, lab.needs);
      return;
    }
    const sandbox = await workshop.driver.adopt(record.sandboxId);
    if (sandbox === undefined) {
      await this.fail(
        session,
        describeFailure(new PlatformError('sandbox-gone', 'Its containers were not running any more after a restart.')),
      );
      return;
    }
    session.sandbox = sandbox;
    session.stages.clear();
    this.#queue.occupy(record.id, lab.needs);
    await this.#announce(session);
  }

  /** A session that only waited has no sandbox; while the engine is away, the next {@link open} removes what is left. */
  async #removeSandbox(sandboxId: string): Promise<void> {
    if (sandboxId !== noSandbox) await this.#workshop?.driver.stop(sandboxId);
  }

  #forget(id: string): void {
    this.#live.delete(id);
    this.#parts.hub.forget(id);
  }

  #sandboxIds(): string[] {
    return this.all()
      .filter(isRunning)
      .map(({ record }) => record.sandboxId)
      .filter((id) => id !== noSandbox);
  }

  async #announce(session: LiveSession): Promise<void> {
    this.#parts.hub.publish(session.record.id, { type: 'session', session: await this.view(session) });
  }
}
