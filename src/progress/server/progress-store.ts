import type { Store } from '../../store/server/store.ts';

/** Who has passed which step. Passing is sticky: nothing here takes it back. */
export class ProgressStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Remembers that a learner has passed a step; a second time changes nothing. */
  async recordPass(accountId: string, labId: string, stepId: string): Promise<void> {
    await this.#store
      .insertInto('passed_steps')
      .values({ account_id: accountId, lab_id: labId, step_id: stepId, passed_at_ms: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** Ids of the steps of a lab that a learner has passed. */
  async passedSteps(accountId: string, labId: string): Promise<Set<string>> {
    const rows = await this.#store
      .selectFrom('passed_steps')
      .select('step_id')
      .where('account_id', '=', accountId)
      .where('lab_id', '=', labId)
      .execute();
    return new Set(rows.map((row) => row.step_id));
  }

  /** Ids of the passed steps by lab. */
  async passedByLab(accountId: string): Promise<Map<string, string[]>> {
    const rows = await this.#store.selectFrom('passed_steps').select(['lab_id', 'step_id']).where('account_id', '=', accountId).execute();
    const byLab = new Map<string, string[]>();
    for (const row of rows) byLab.set(row.lab_id, [...(byLab.get(row.lab_id) ?? []), row.step_id]);
    return byLab;
  }
}
