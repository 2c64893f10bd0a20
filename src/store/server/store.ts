import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { PlatformError } from '../../shared/errors.ts';
import { migrations } from './migrations.ts';
import { toKyselyDatabase } from './node-sqlite.ts';
import type { Tables } from './tables.ts';

/** The database, with typed queries. */
export type Store = Kysely<Tables>;

/**
 * Opens the database file (`:memory:` for a passing one), checks it and brings it to the current shape.
 * @throws PlatformError `data-damaged` when the file is not a sound database of ours.
 */
export async function openStore(file: string): Promise<Store> {
  const store = new Kysely<Tables>({ dialect: new SqliteDialect({ database: toKyselyDatabase(openSound(file)) }) });
  const migrator = new Migrator({ db: store, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return store;
  await store.destroy();
  throw new PlatformError('data-damaged', `${file} could not be brought to the current shape: ${reasonOf(error)}`, { cause: error });
}

function openSound(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file, { timeout: 5_000 });
    // WAL with synchronous=NORMAL survives a crash of the process without loss; a power cut may lose the last moments.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    const found = database.prepare('PRAGMA quick_check(1)').get();
    if (found?.['quick_check'] !== 'ok') throw new Error(`the check says: ${String(found?.['quick_check'])}`);
    return database;
  } catch (error) {
    throw new PlatformError('data-damaged', `${file} is not a sound database: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
