import type { Stage, StageEvent } from '../../shared/progress.ts';
import type { StageView } from '../preparation.ts';

interface KnownStage {
  readonly view: StageView;
  /** `performance.now()` when it began, while it runs. */
  readonly startedAt: number | undefined;
}

/** Bytes kept of a detail: a few lines of a log, not all of it. */
const maxDetailLength = 4_000;

/** The stages of one piece of work as they are now, in the order in which they were announced. */
export class StageList {
  readonly #stages = new Map<string, KnownStage>();

  /** Shows a stage that is still to come. */
  announce(stage: Stage): void {
    const { stage: name, title, expectedMs } = stage;
    const view = { name, title, state: 'waiting' as const, elapsedMs: 0, ...(expectedMs === undefined ? {} : { expectedMs }) };
    this.#stages.set(name, { view, startedAt: undefined });
  }

  /** Takes an event in; returns the stage as it is now. */
  apply(event: StageEvent): StageView {
    const expectedMs = event.expectedMs ?? this.#stages.get(event.stage)?.view.expectedMs;
    const view: StageView = {
      name: event.stage,
      title: event.title,
      state: event.state,
      elapsedMs: Math.max(0, Math.round(event.elapsedMs)),
      ...(expectedMs === undefined ? {} : { expectedMs: Math.round(expectedMs) }),
      ...(event.detail === undefined ? {} : { detail: event.detail.slice(0, maxDetailLength) }),
    };
    const startedAt = event.state === 'running' ? performance.now() - event.elapsedMs : undefined;
    this.#stages.set(event.stage, { view, startedAt });
    return view;
  }

  /** All stages, the running ones with the time that has passed until now. */
  views(): StageView[] {
    return [...this.#stages.values()].map(({ view, startedAt }) =>
      startedAt === undefined ? view : { ...view, elapsedMs: Math.round(performance.now() - startedAt) },
    );
  }

  /** Name of the stage that failed, or else of the last one that was running. */
  culprit(): string | undefined {
    const stages = this.views();
    return (stages.find((stage) => stage.state === 'failed') ?? stages.findLast((stage) => stage.state === 'running'))?.name;
  }

  clear(): void {
    this.#stages.clear();
  }
}
