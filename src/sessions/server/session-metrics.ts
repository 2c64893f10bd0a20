/** What sessions have to tell an operator. */
export interface SessionMetrics {
  /** One stage of a start took so long. */
  observeStage(stage: string, elapsedMs: number): void;
  /** A whole start took so long. */
  observeStart(elapsedMs: number): void;
  /** A session failed with this code. */
  countFailure(code: string): void;
  /** A check took so long and came to this. */
  observeCheck(check: { lab: string; verdict: string; elapsedMs: number }): void;
}
