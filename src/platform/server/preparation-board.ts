import type { Report, StageEvent } from '../../shared/progress.ts';
import { toPlatformError, errorCatalogue } from '../../shared/errors.ts';
import type { Preparation } from '../preparation.ts';
import { StageList } from './stage-list.ts';

/** How far the platform is with getting ready, for the status page, the API and whoever listens. */
export class PreparationBoard {
  readonly #stages = new StageList();
  readonly #listeners = new Set<() => void>();
  #state: Preparation['state'] = 'preparing';
  #failure: Preparation['failure'];

  /** Takes progress in; can be handed on as a {@link Report}. */
  readonly report: Report = (event: StageEvent) => {
    this.#stages.apply(event);
    this.#changed();
  };

  /** A first or another attempt begins. */
  begin(): void {
    this.#stages.clear();
    this.#state = 'preparing';
    this.#failure = undefined;
    this.#changed();
  }

  ready(): void {
    this.#state = 'ready';
    this.#changed();
  }

  fail(error: unknown): void {
    const { code, message, fix } = toPlatformError(error);
    this.#state = 'failed';
    this.#failure = { code, title: errorCatalogue[code].title, detail: message, fix };
    this.#changed();
  }

  view(): Preparation {
    return { state: this.#state, stages: this.#stages.views(), ...(this.#failure === undefined ? {} : { failure: this.#failure }) };
  }

  /** Calls `listener` after every change; returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
