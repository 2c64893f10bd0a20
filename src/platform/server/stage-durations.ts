import type { Store } from '../../store/server/store.ts';

/** Weight of the newest run in the average: follows a changed machine in a few runs, forgives one slow run. */
const newestWeight = 0.3;

/** How long each stage usually takes on this machine, learnt from its runs. */
export class StageDurations {
  readonly #store: Store;
  readonly #averages: Map<string, number>;

  private constructor(store: Store, averages: Map<string, number>) {
    this.#store = store;
    this.#averages = averages;
  }

  static async load(store: Store): Promise<StageDurations> {
    const rows = await store.selectFrom('stage_durations').selectAll().execute();
    return new StageDurations(store, new Map(rows.map((row) => [row.stage, row.average_ms])));
  }

  /** Milliseconds, or undefined when the stage has never been run here. */
  expectedMs(stage: string): number | undefined {
    return this.#averages.get(stage);
  }

  /** Every known stage with its usual milliseconds. */
  all(): Record<string, number> {
    return Object.fromEntries(this.#averages);
  }

  async learn(stage: string, elapsedMs: number): Promise<void> {
    const before = this.#averages.get(stage);
    const average = Math.round(before === undefined ? elapsedMs : before * (1 - newestWeight) + elapsedMs * newestWeight);
    this.#averages.set(stage, average);
    await this.#store
      .insertInto('stage_durations')
      .values({ stage, average_ms: average })
      .onConflict((conflict) => conflict.column('stage').doUpdateSet({ average_ms: average }))
      .execute();
  }
}
