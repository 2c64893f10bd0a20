import type { Verdict } from '../../grading/verdict.ts';
import type { Store } from '../../store/server/store.ts';
import type { SessionRow } from '../../store/server/tables.ts';
import { runningStates, type SessionFailure, type SessionState } from '../session.ts';

/** In place of the id of a sandbox while a session has none. */
export const noSandbox = '';

/** A session as stored. */
export interface SessionRecord {
  readonly id: string;
  readonly accountId: string;
  readonly labId: string;
  /** The sandbox that belongs to it now, or {@link noSandbox}; a reset gives it another. */
  readonly sandboxId: string;
  readonly state: SessionState;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** How often it was extended. */
  readonly extensions: number;
  readonly failure: SessionFailure | undefined;
}

/** A verdict as stored. */
export interface StepResult {
  readonly stepId: string;
  readonly verdict: Verdict;
  readonly checkedAtMs: number;
}

/** Sessions and the latest verdicts on their steps, in the database. */
export class SessionStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async insert(record: SessionRecord): Promise<void> {
    await this.#store.insertInto('sessions').values(toRow(record)).execute();
  }

  async update(record: SessionRecord): Promise<void> {
    await this.#store.updateTable('sessions').set(toRow(record)).where('id', '=', record.id).execute();
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    const row = await this.#store.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** Every session that holds, or waits for, a sandbox; the oldest first. */
  async running(): Promise<SessionRecord[]> {
    const rows = await this.#store
      .selectFrom('sessions')
      .selectAll()
      .where('state', 'in', runningStates)
      .orderBy('created_at_ms')
      .execute();
    return rows.map(fromRow);
  }

  async saveResult(sessionId: string, result: StepResult): Promise<void> {
    const values = { verdict_json: JSON.stringify(result.verdict), checked_at_ms: result.checkedAtMs };
    await this.#store
      .insertInto('step_results')
      .values({ session_id: sessionId, step_id: result.stepId, ...values })
      .onConflict((conflict) => conflict.columns(['session_id', 'step_id']).doUpdateSet(values))
      .execute();
  }

  async results(sessionId: string): Promise<Map<string, StepResult>> {
    const rows = await this.#store.selectFrom('step_results').selectAll().where('session_id', '=', sessionId).execute();
    return new Map(
      rows.map((row) => [
        row.step_id,
        { stepId: row.step_id, verdict: JSON.parse(row.verdict_json) as Verdict, checkedAtMs: row.checked_at_ms },
      ]),
    );
  }

  /** Forgets the verdicts of a session, as its sandbox is a fresh one. */
  async clearResults(sessionId: string): Promise<void> {
    await this.#store.deleteFrom('step_results').where('session_id', '=', sessionId).execute();
  }
}

function toRow(record: SessionRecord): SessionRow {
  return {
    id: record.id,
    account_id: record.accountId,
    lab_id: record.labId,
    sandbox_id: record.sandboxId,
    state: record.state,
    created_at_ms: record.createdAtMs,
    expires_at_ms: record.expiresAtMs,
    extensions: record.extensions,
    failure_json: record.failure === undefined ? null : JSON.stringify(record.failure),
  };
}

function fromRow(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    labId: row.lab_id,
    sandboxId: row.sandbox_id,
    state: row.state,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    extensions: row.extensions,
    failure: row.failure_json === null ? undefined : (JSON.parse(row.failure_json) as SessionFailure),
  };
}
