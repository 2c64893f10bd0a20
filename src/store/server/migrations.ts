import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Every change of the database's shape, in order; one that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  '001-accounts-sessions-progress': { up: createFirstTables },
};

async function createFirstTables(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('accounts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'integer', (column) => column.notNull())
    .addColumn('revoked_at_ms', 'integer')
    .execute();
  await schema
    .createTable('sign_ins')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('expires_at_ms', 'integer', (column) => column.notNull())
    .execute();
  await schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('lab_id', 'text', (column) => column.notNull())
    .addColumn('sandbox_id', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'integer', (column) => column.notNull())
    .addColumn('expires_at_ms', 'integer', (column) => column.notNull())
    .addColumn('extensions', 'integer', (column) => column.notNull())
    .addColumn('failure_json', 'text')
    .execute();
  await schema.createIndex('sessions_by_account_and_lab').on('sessions').columns(['account_id', 'lab_id', 'state']).execute();
  await schema
    .createTable('step_results')
    .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
    .addColumn('step_id', 'text', (column) => column.notNull())
    .addColumn('verdict_json', 'text', (column) => column.notNull())
    .addColumn('checked_at_ms', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('step_results_key', ['session_id', 'step_id'])
    .execute();
  await schema
    .createTable('passed_steps')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('lab_id', 'text', (column) => column.notNull())
    .addColumn('step_id', 'text', (column) => column.notNull())
    .addColumn('passed_at_ms', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('passed_steps_key', ['account_id', 'lab_id', 'step_id'])
    .execute();
  await schema
    .createTable('stage_durations')
    .addColumn('stage', 'text', (column) => column.primaryKey())
    .addColumn('average_ms', 'integer', (column) => column.notNull())
    .execute();
}
