import { PlatformError } from '../../shared/errors.ts';

/** A start that failed: in which stage, and what the part that failed wrote last. */
export class SandboxStartError extends PlatformError {
  readonly stage: string;
  readonly logTail: string;

  constructor(stage: string, cause: unknown, logTail = '') {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super('sandbox-start-failed', `The stage "${stage}" failed: ${reason}${logTail === '' ? '' : `\nIts last lines:\n${logTail}`}`, {
      cause,
    });
    this.stage = stage;
    this.logTail = logTail;
  }
}
