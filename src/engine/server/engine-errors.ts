import { PlatformError } from '../../shared/errors.ts';

/** HTTP status that the engine answered with, when `error` is such an answer. */
export function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : undefined;
}

/** A PlatformError `engine-failed` that says what was asked of the engine and what it answered. */
export function engineFailed(what: string, cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PlatformError('engine-failed', `The engine could not ${what}: ${reason}`, { cause });
}

/** Runs a request; what the engine refuses becomes a PlatformError. */
export async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw engineFailed(what, error);
  }
}

/** The same for requests whose aim is reached when the object is gone already. */
export async function askIgnoringMissing(what: string, request: () => Promise<unknown>): Promise<void> {
  try {
    await request();
  } catch (error) {
    const status = statusOf(error);
    // 404: gone already; 304: stopped already; 409 on removal: another caller is removing it right now.
    if (status === 404 || status === 304 || (status === 409 && /already in progress/.test(String(error)))) return;
    throw engineFailed(what, error);
  }
}
