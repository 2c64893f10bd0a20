import { DatabaseSync } from 'node:sqlite';

/** A held lock. */
export interface ExclusiveLock {
  release(): void;
}

/**
 * Takes the lock that `file` stands for, or returns undefined when another process holds it.
 * It is a lock of the operating system (through SQLite, the one portable way that Node offers), so it ends with the
 * process however that dies, and there is no such thing as a stale one.
 */
export function tryLock(file: string): ExclusiveLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
    throw error;
  }
}
