import type { Verdict } from '../../grading/verdict.ts';
import type { ProgressStore } from '../../progress/server/progress-store.ts';
import { PlatformError, toPlatformError } from '../../shared/errors.ts';
import type { EventHub } from './event-hub.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionMetrics } from './session-metrics.ts';
import type { SessionStore } from './session-store.ts';
import type { Workshop } from './workshop.ts';

/** Above the 30 s that a step's checks have: reached only when a check does not keep its own limit. */
const checkTimeoutMs = 40_000;

/** What checks are made with. */
interface StepChecksParts {
  readonly sessions: SessionStore;
  readonly progress: ProgressStore;
  readonly hub: EventHub;
  readonly metrics: SessionMetrics;
  readonly warn: (message: string, error: unknown) => void;
  readonly workshop: () => Workshop | undefined;
}

/** Checks steps, one at a time per session, and keeps what they say. */
export class StepChecks {
  readonly #parts: StepChecksParts;

  constructor(parts: StepChecksParts) {
    this.#parts = parts;
  }

  /**
   * Checks a step as soon as the checks before it are done. Any caller may ask: the button, or an event.
   * @throws PlatformError `step-not-found`, `sandbox-not-ready`
   */
  async check(session: LiveSession, stepId: string): Promise<Verdict> {
    if (!session.lab.steps.some(({ id }) => id === stepId)) {
      throw new PlatformError('step-not-found', `The lab ${session.lab.id} has no step ${stepId.slice(0, 60)}.`);
    }
    const check = session.checks.then(() => this.#checkNow(session, stepId));
    session.checks = check.catch(() => undefined);
    return check;
  }

  async #checkNow(session: LiveSession, stepId: string): Promise<Verdict> {
    const { hub, metrics } = this.#parts;
    const { id, generation } = { id: session.record.id, generation: session.generation };
    hub.publish(id, { type: 'checking', step: stepId });
    const startedAt = performance.now();
    const verdict = await this.#ask(session, stepId);
    metrics.observeCheck({ lab: session.lab.id, verdict: verdict.verdict, elapsedMs: performance.now() - startedAt });
    // A verdict about a sandbox that was reset meanwhile is told to who asked, and kept nowhere.
    if (session.generation !== generation) return verdict;
    await this.#parts.sessions.saveResult(id, { stepId, verdict, checkedAtMs: Date.now() });
    countHints(session, stepId, verdict);
    if (verdict.verdict === 'passed') await this.#parts.progress.recordPass(session.account.id, session.lab.id, stepId);
    const passed = (await this.#parts.progress.passedSteps(session.account.id, session.lab.id)).has(stepId);
    hub.publish(id, { type: 'verdict', step: stepId, passed, verdict });
    return verdict;
  }

  async #ask(session: LiveSession, stepId: string): Promise<Verdict> {
    const { sandbox, lab, record } = session;
    const workshop = this.#parts.workshop();
    if (sandbox === undefined || workshop === undefined) throw new PlatformError('sandbox-not-ready', `The session is ${record.state}.`);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), checkTimeoutMs);
    const overdue = new Promise<Verdict>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve({ verdict: 'undecided', code: 'check-timed-out', conditions: [] }));
    });
    const answer = workshop.checkStep({ lab, stepId, sandbox, hintsSeen: hintsSeenOf(session, stepId), signal: limit.signal });
    try {
      return await Promise.race([answer, overdue]);
    } catch (error) {
      this.#parts.warn(`a check of ${lab.id}/${stepId} broke`, error);
      const { code } = toPlatformError(error);
      return { verdict: 'undecided', code: code === 'internal-error' ? 'check-broken' : code, conditions: [] };
    } finally {
      clearTimeout(timer);
    }
  }
}

function hintsSeenOf(session: LiveSession, stepId: string): Record<string, number> {
  const prefix = `${stepId}/`;
  const own = [...session.hintsSeen].filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, count]) => [key.slice(prefix.length), count]));
}

/** Every failed try at a condition earns its next hint. */
function countHints(session: LiveSession, stepId: string, verdict: Verdict): void {
  for (const { id, hint } of verdict.conditions) {
    const key = `${stepId}/${id}`;
    if (hint !== undefined) session.hintsSeen.set(key, (session.hintsSeen.get(key) ?? 0) + 1);
  }
}
