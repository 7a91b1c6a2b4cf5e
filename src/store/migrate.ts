import type { Kysely } from 'kysely';
import { HubError, TagboatError } from '../core/errors.ts';
import { migrations } from './migrations/index.ts';
import type { Database } from './schema.ts';

const migrationTableName = 'tagboat_migration';

export interface MigrateOptions {
  kind: 'sqlite' | 'postgres';
  /** Names the database in messages. */
  place: string;
  /** Whether to run what is missing, or to refuse with `store_schema_older`. */
  run: boolean;
}

/**
 * Brings the tables up to date; each run is one transaction on both databases. Throws `store_schema_newer` when the database
 * holds migrations that this version does not know.
 */
export async function migrate(db: Kysely<Database>, options: MigrateOptions): Promise<void> {
  const known = migrations(options.kind);
  const done = await executedMigrations(db);
  const unknown = [...done].filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) {
    throw new HubError(
      `The database ${options.place} was last used by a newer Tagboat: it has the migration ${unknown.at(-1)}.`,
      'store_schema_newer',
      undefined,
      { unknown },
    );
  }
  const missing = Object.keys(known).filter((name) => !done.has(name));
  if (missing.length === 0) return;
  if (!options.run) {
    throw new HubError(
      `The database ${options.place} has not been updated to this version of Tagboat yet.`,
      'store_schema_older',
      undefined,
      { missing },
    );
  }

  const { Migrator } = await import('kysely/migration');
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...known }) },
    migrationTableName,
    migrationLockTableName: `${migrationTableName}_lock`,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof TagboatError) throw error;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? missing[0];
  throw new HubError(
    `The database ${options.place} could not be updated: ${failed} failed and was undone.`,
    'store_migration_failed',
    error,
    { failed },
  );
}

async function executedMigrations(db: Kysely<Database>): Promise<Set<string>> {
  const tables = await db.introspection.getTables();
  if (!tables.some((table) => table.name === migrationTableName)) return new Set();
  const rows = await db
    .withTables<{ [migrationTableName]: { name: string } }>()
    .selectFrom(migrationTableName)
    .select('name')
    .orderBy('name')
    .execute();
  return new Set(rows.map((row) => row.name));
}
