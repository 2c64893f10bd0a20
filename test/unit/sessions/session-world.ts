import type { LoadedStep } from '../../../src/catalog/server/load-step.ts';
import { Catalog } from '../../../src/catalog/server/load-catalog.ts';
import type { Account } from '../../../src/identity/account.ts';
import { AccountStore } from '../../../src/identity/server/account-store.ts';
import { Metrics } from '../../../src/platform/server/metrics.ts';
import { StageDurations } from '../../../src/platform/server/stage-durations.ts';
import { ProgressStore } from '../../../src/progress/server/progress-store.ts';
import { EventHub } from '../../../src/sessions/server/event-hub.ts';
import type { LiveSession } from '../../../src/sessions/server/live-session.ts';
import { SessionManager } from '../../../src/sessions/server/session-manager.ts';
import { SessionStore } from '../../../src/sessions/server/session-store.ts';
import type { SessionEvent, SessionState } from '../../../src/sessions/session.ts';
import { openStore, type Store } from '../../../src/store/server/store.ts';
import { FakeWorkshop, lab } from './fake-workshop.ts';

/** Sessions on a database in memory and a workshop without an engine. */
export interface SessionWorld extends AsyncDisposable {
  readonly store: Store;
  readonly accounts: AccountStore;
  readonly progress: ProgressStore;
  readonly hub: EventHub;
  readonly metrics: Metrics;
  readonly catalog: Catalog;
  readonly manager: SessionManager;
  readonly workshop: FakeWorkshop;
  readonly learner: Account;
  /** Sessions whose terminals were closed. */
  readonly over: string[];
  readonly engineLosses: string[];
}

const secret = { files: [], solution: 'the solution', commands: [], nearMisses: [] };
const signed = {
  id: 'signed',
  title: 'It is signed',
  hints: ['look', 'because', 'the last hint'] as const,
  check: () => Promise.resolve({ passed: true as const }),
};
const loadedSteps = lab.steps.map(({ id, title }): LoadedStep => ({ id, title, needs: lab.needs, checks: [signed], ...secret }));

export async function sessionWorld(options: { store?: Store; workshop?: FakeWorkshop; sessionMs?: number } = {}): Promise<SessionWorld> {
  const store = options.store ?? (await openStore(':memory:'));
  const workshop = options.workshop ?? new FakeWorkshop();
  const stores = { accounts: new AccountStore(store), progress: new ProgressStore(store), hub: new EventHub(), metrics: new Metrics() };
  const catalog = new Catalog(
    [{ id: '11-tests', title: 'Tests', labs: [{ id: lab.id, moduleId: '11-tests', lab, steps: loadedSteps }] }],
    [],
  );
  const over: string[] = [];
  const engineLosses: string[] = [];
  const manager = new SessionManager(
    {
      ...stores,
      sessions: new SessionStore(store),
      durations: await StageDurations.load(store),
      findLab: (id) => (id === lab.id ? lab : undefined),
      findAccount: (id) => stores.accounts.find(id),
      sessionMs: options.sessionMs ?? 7_200_000,
      onOver: (id) => over.push(id),
      warn: () => undefined,
    },
    (reason) => engineLosses.push(reason),
  );
  const learner = await stores.accounts.createGuest();
  const close = async (): Promise<void> => {
    manager.close();
    if (options.store === undefined) await store.destroy();
  };
  return { ...stores, store, catalog, manager, workshop, learner, over, engineLosses, [Symbol.asyncDispose]: close };
}

/** Waits until a session is in a state; throws after two seconds. */
export async function untilState(session: LiveSession, state: SessionState): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (session.record.state !== state) {
    if (Date.now() > deadline) throw new Error(`The session is ${session.record.state}, expected ${state}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Collects a session's events from now on. */
export function collect(world: SessionWorld, session: LiveSession): SessionEvent[] {
  const events: SessionEvent[] = [];
  world.hub.subscribe(session.record.id, (_id, event) => events.push(event));
  return events;
}
