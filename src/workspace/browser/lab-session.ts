import type { Verdict } from '../../grading/verdict.ts';
import type { LabListing } from '../../sessions/lab-listing.ts';
import type { ApprovalView, Session, SessionEvent } from '../../sessions/session.ts';
import { applyEvent, emptyView, type SessionView } from '../session-updates.ts';
import { toApiProblem, type ApiClient, type ApiProblem } from './api-client.ts';
import { EventStream } from './event-stream.ts';

/** How often a lab that is still being prepared is asked for. */
const preparingPollMs = 2000;

type NamedCondition = LabListing['steps'][number]['conditions'][number];

/** All that the page shows about the learner's work. */
export interface LabView extends SessionView {
  /** A start is asked for and not answered yet. */
  readonly asking: boolean;
  /** The lab's images are not ready yet. */
  readonly preparing: boolean;
  /** False while the server does not answer; what is shown may be old then. */
  readonly connected: boolean;
  /** What must be true in each step, by step; known before the first check. */
  readonly conditions: ReadonlyMap<string, readonly NamedCondition[]>;
  /** Why the last request was not done. */
  readonly problem: ApiProblem | undefined;
}

/** The learner's session of one lab: starts it, follows its events, and asks the server for what the learner wants. */
export class LabSession {
  readonly #api: ApiClient;
  readonly #lab: string;
  readonly #listeners = new Set<(view: LabView) => void>();
  #view: LabView = { ...emptyView, asking: false, preparing: false, connected: true, conditions: new Map(), problem: undefined };
  #stream: EventStream | undefined;

  constructor(api: ApiClient, lab: string) {
    this.#api = api;
    this.#lab = lab;
  }

  get view(): LabView {
    return this.#view;
  }

  /** Calls `listener` now and after every change. */
  subscribe(listener: (view: LabView) => void): void {
    this.#listeners.add(listener);
    listener(this.#view);
  }

  /** Comes back to the learner's running session of the lab, or looks whether the lab is open. */
  async resume(): Promise<void> {
    const running = await this.#api.get<Session[]>('/api/v1/sessions').catch((error: unknown) => {
      const problem = toApiProblem(error);
      if (problem.code !== 'sign-in-needed') this.#change({ problem });
      return [];
    });
    const session = running.find(({ lab }) => lab === this.#lab);
    if (session !== undefined) this.#follow(session);
    // Also tells what the conditions are, which a running session's page shows as well.
    await this.#watchPreparation();
  }

  /** Starts the lab, or comes back to its running session. */
  async start(): Promise<void> {
    if (this.#view.asking) return;
    this.#change({ asking: true, problem: undefined });
    try {
      this.#follow(await this.#api.post<Session>('/api/v1/sessions', { lab: this.#lab }));
    } catch (error) {
      const problem = toApiProblem(error);
      this.#change({ asking: false, problem });
      if (problem.code === 'lab-preparing') await this.#watchPreparation();
    }
  }

  /** Checks a step; the verdict arrives as an event as well. */
  check(step: string): Promise<void> {
    return this.#ask(async (path) => {
      this.#change({ checking: [...this.#view.checking, step] });
      try {
        const verdict = await this.#api.post<Verdict>(`${path}/steps/${encodeURIComponent(step)}/check`);
        this.#apply({ type: 'verdict', step, passed: verdict.verdict === 'passed', verdict });
      } finally {
        this.#change({ checking: this.#view.checking.filter((one) => one !== step) });
      }
    });
  }

  /** Lets a signature be made in the learner's name, or refuses it. */
  answer(approval: ApprovalView, decision: 'approve' | 'deny'): Promise<void> {
    return this.#ask(async () => {
      await this.#api.post(`/api/v1/approvals/${encodeURIComponent(approval.code)}`, { decision });
      this.#change({ approvals: this.#view.approvals.filter(({ code }) => code !== approval.code) });
    });
  }

  /** One more hour. */
  extend(): Promise<void> {
    return this.#ask(async (path) => this.#apply({ type: 'session', session: await this.#api.post<Session>(`${path}/extend`) }));
  }

  /** A fresh sandbox for the same session. */
  reset(): Promise<void> {
    return this.#ask(async (path) => this.#follow(await this.#api.post<Session>(`${path}/reset`)));
  }

  /** Ends the session; its sandbox is removed. */
  end(): Promise<void> {
    return this.#ask(async (path) => {
      await this.#api.delete(path);
      if (this.#view.session !== undefined) this.#apply({ type: 'session', session: { ...this.#view.session, state: 'ended' } });
    });
  }

  /** A one-use ticket for the terminal's socket. */
  async ticket(): Promise<string> {
    const id = this.#view.session?.id ?? '';
    const { ticket } = await this.#api.post<{ ticket: string }>(`/api/v1/sessions/${encodeURIComponent(id)}/tickets`);
    return ticket;
  }

  async #ask(work: (path: string) => Promise<void>): Promise<void> {
    const id = this.#view.session?.id;
    if (id === undefined) return;
    this.#change({ problem: undefined });
    try {
      await work(`/api/v1/sessions/${encodeURIComponent(id)}`);
    } catch (error) {
      this.#change({ problem: toApiProblem(error) });
    }
  }

  #follow(session: Session): void {
    const known = this.#view.session?.id === session.id && this.#stream !== undefined;
    this.#change({ ...applyEvent(this.#view, { type: 'session', session }), asking: false, preparing: false, problem: undefined });
    if (known) return;
    this.#stream?.close();
    this.#stream = new EventStream(session.id, {
      onEvent: (event) => this.#apply(event),
      onConnected: (connected) => this.#connected(connected),
    });
  }

  #apply(event: SessionEvent): void {
    this.#change(applyEvent(this.#view, event));
    if (this.#view.session?.state === 'ended') this.#leave();
  }

  #connected(connected: boolean): void {
    this.#change({ connected });
    const id = this.#view.session?.id;
    if (connected && id !== undefined) void this.#refreshApprovals(id);
  }

  /** Cards that were waiting before the stream began are not among its events. */
  async #refreshApprovals(id: string): Promise<void> {
    const approvals = await this.#api.get<ApprovalView[]>(`/api/v1/approvals?session=${encodeURIComponent(id)}`).catch(() => undefined);
    if (approvals !== undefined) this.#change({ approvals });
  }

  /** The session is over: nothing more comes from it. */
  #leave(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#change({ approvals: [], checking: [], connected: true });
  }

  async #watchPreparation(): Promise<void> {
    for (;;) {
      const listing = await this.#listing();
      const preparing = listing?.state === 'preparing' && this.#view.session === undefined;
      const conditions = new Map(listing?.steps.map((step) => [step.id, step.conditions]));
      this.#change({ preparing, conditions });
      if (!preparing) return;
      await new Promise((resolve) => setTimeout(resolve, preparingPollMs));
    }
  }

  async #listing(): Promise<LabListing | undefined> {
    const labs = await this.#api.get<LabListing[]>('/api/v1/labs').catch(() => []);
    return labs.find(({ id }) => id === this.#lab);
  }

  #change(change: Partial<LabView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener(this.#view);
  }
}
