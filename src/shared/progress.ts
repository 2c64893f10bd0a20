/** One line of progress of a long piece of work, shown in the terminal, in the API and on the page. */
export interface StageEvent {
  /** Stable machine name, for example `image:toolbox` or `cluster`. */
  readonly stage: string;
  /** What a person reads, for example `Building the toolbox image`. */
  readonly title: string;
  readonly state: 'running' | 'done' | 'failed';
  /** Milliseconds since the stage began. */
  readonly elapsedMs: number;
  /** Milliseconds the stage usually takes, from earlier runs; absent when nothing is known. */
  readonly expectedMs?: number;
  /** One line of detail: what is being done, or why it failed. */
  readonly detail?: string;
}

/** Receives progress; must not throw. */
export type Report = (event: StageEvent) => void;

/** A stage to run: its names and how long it usually takes. */
export interface Stage {
  readonly stage: string;
  readonly title: string;
  readonly expectedMs?: number;
}
