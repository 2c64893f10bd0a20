import type { Report, Stage } from '../progress.ts';

/**
 * Runs `work` as one reported stage: `running` at once, then `done` or `failed`.
 * The error of a failed stage is thrown on unchanged.
 */
export async function runStage<T>(report: Report, stage: Stage, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  report({ ...stage, state: 'running', elapsedMs: 0 });
  try {
    const result = await work();
    report({ ...stage, state: 'done', elapsedMs: elapsed() });
    return result;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    report({ ...stage, state: 'failed', elapsedMs: elapsed(), detail });
    throw error;
  }
}
