import { type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Tables of the first version. Text sorts by bytes on both databases (`collate "C"` on PostgreSQL), so that listings and
 * cursors agree. Tables that are read by their composite key have no separate rowid on SQLite.
 */
export function initial(kind: 'sqlite' | 'postgres'): Migration {
  const text: 'text' | RawBuilder<unknown> = kind === 'postgres' ? sql`text collate "C"` : 'text';
  const bytes = kind === 'postgres' ? 'bytea' : 'blob';
  const clustered = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
    kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table;

  return {
    async up(db: Kysely<never>) {
      const schema = db.schema;
      await schema
        .createTable('hub')
        .addColumn('key', text, (c) => c.primaryKey())
        .addColumn('value', text, (c) => c.notNull())
        .execute();

      await schema
        .createTable('leases')
        .addColumn('name', text, (c) => c.primaryKey())
        .addColumn('holder', text, (c) => c.notNull())
        .addColumn('until', 'bigint', (c) => c.notNull())
        .execute();

      await schema
        .createTable('users')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('name_key', text, (c) => c.notNull().unique())
        .addColumn('display_name', text)
        .addColumn('password_hash', text, (c) => c.notNull())
        .addColumn('role', text, (c) => c.notNull())
        .addColumn('disabled', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .addColumn('last_seen_at', 'bigint')
        .addColumn('version', 'integer', (c) => c.notNull())
        .execute();

      await clustered(
        schema
          .createTable('sessions')
          .addColumn('token_hash', text, (c) => c.primaryKey().notNull())
          .addColumn('id', text, (c) => c.notNull().unique())
          .addColumn('user_id', text, (c) => c.notNull().references('users.id').onDelete('cascade'))
          .addColumn('csrf', text, (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('expires_at', 'bigint', (c) => c.notNull())
          .addColumn('last_seen_at', 'bigint', (c) => c.notNull())
          .addColumn('address', text, (c) => c.notNull())
          .addColumn('user_agent', text, (c) => c.notNull()),
      ).execute();
      await schema.createIndex('sessions_user').on('sessions').column('user_id').execute();
      await schema.createIndex('sessions_expiry').on('sessions').column('expires_at').execute();

      await schema
        .createTable('api_tokens')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('token_hash', text, (c) => c.notNull().unique())
        .addColumn('hint', text, (c) => c.notNull())
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('user_id', text, (c) => c.notNull().references('users.id').onDelete('cascade'))
        .addColumn('role', text, (c) => c.notNull())
        .addColumn('registries', text)
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('expires_at', 'bigint')
        .addColumn('last_used_at', 'bigint')
        .addColumn('revoked_at', 'bigint')
        .execute();
      await schema.createIndex('api_tokens_user').on('api_tokens').column('user_id').execute();

      await schema
        .createTable('projects')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('name_key', text, (c) => c.notNull().unique())
        .addColumn('description', text, (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .execute();

      await clustered(
        schema
          .createTable('project_members')
          .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
          .addColumn('user_id', text, (c) => c.notNull().references('users.id').onDelete('cascade'))
          .addColumn('role', text, (c) => c.notNull())
          .addPrimaryKeyConstraint('project_members_key', ['project_id', 'user_id']),
      ).execute();
      await schema.createIndex('project_members_user').on('project_members').column('user_id').execute();

      await schema
        .createTable('registries')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('name_key', text, (c) => c.notNull().unique())
        .addColumn('provider', text, (c) => c.notNull())
        .addColumn('url', text, (c) => c.notNull())
        .addColumn('prefix', text, (c) => c.notNull())
        .addColumn('namespace', text, (c) => c.notNull())
        .addColumn('description', text, (c) => c.notNull())
        .addColumn('sign_in', text, (c) => c.notNull())
        .addColumn('settings', text, (c) => c.notNull())
        .addColumn('connection', text, (c) => c.notNull())
        .addColumn('secrets', text, (c) => c.notNull())
        .addColumn('pinned_repositories', text, (c) => c.notNull())
        .addColumn('trusted_realms', text, (c) => c.notNull())
        .addColumn('credential_expiry', 'bigint')
        .addColumn('all_projects', 'integer', (c) => c.notNull())
        .addColumn('is_default', 'integer', (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_by', text)
        .addColumn('version', 'integer', (c) => c.notNull())
        .execute();
      await schema.createIndex('registries_prefix').on('registries').column('prefix').execute();
      // At most one default: unset the old one before setting the new one.
      await sql`create unique index registries_default on registries (is_default) where is_default = 1`.execute(db);

      await clustered(
        schema
          .createTable('registry_projects')
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
          .addPrimaryKeyConstraint('registry_projects_key', ['registry_id', 'project_id']),
      ).execute();
      await schema.createIndex('registry_projects_project').on('registry_projects').column('project_id').execute();

      await schema
        .createTable('registry_checks')
        .addColumn('registry_id', text, (c) => c.primaryKey().references('registries.id').onDelete('cascade'))
        .addColumn('state', text, (c) => c.notNull())
        .addColumn('since', 'bigint', (c) => c.notNull())
        .addColumn('checked_at', 'bigint', (c) => c.notNull())
        .addColumn('next_at', 'bigint', (c) => c.notNull())
        .addColumn('summary', text, (c) => c.notNull())
        .addColumn('code', text)
        .addColumn('report', text, (c) => c.notNull())
        .addColumn('credential', text)
        .addColumn('quota', text)
        .execute();
      await schema.createIndex('registry_checks_next').on('registry_checks').column('next_at').execute();

      await clustered(
        schema
          .createTable('repositories')
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('name', text, (c) => c.notNull())
          .addColumn('info', text, (c) => c.notNull())
          .addColumn('seen_at', 'bigint', (c) => c.notNull())
          .addColumn('tags_at', 'bigint')
          .addColumn('tags_partial', text)
          .addPrimaryKeyConstraint('repositories_key', ['registry_id', 'name']),
      ).execute();

      await schema
        .createTable('catalog_listings')
        .addColumn('registry_id', text, (c) => c.primaryKey().references('registries.id').onDelete('cascade'))
        .addColumn('url', text, (c) => c.notNull())
        .addColumn('listed_at', 'bigint')
        .addColumn('registry_version', 'integer')
        .addColumn('partial', text)
        .execute();

      await clustered(
        schema
          .createTable('tags')
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('repository', text, (c) => c.notNull())
          .addColumn('name', text, (c) => c.notNull())
          .addColumn('digest', text)
          .addColumn('media_type', text)
          .addColumn('artifact_type', text)
          .addColumn('pushed_at', 'bigint')
          .addColumn('created_at', 'bigint')
          .addColumn('size', 'bigint')
          .addColumn('platforms', text)
          .addColumn('seen_at', 'bigint', (c) => c.notNull())
          .addColumn('resolved_at', 'bigint')
          .addPrimaryKeyConstraint('tags_key', ['registry_id', 'repository', 'name']),
      ).execute();
      // Listings are sorted in memory; searching by name goes over all registries.
      await schema.createIndex('tags_name').on('tags').columns(['name', 'registry_id', 'repository']).execute();
      await schema.createIndex('tags_digest').on('tags').columns(['digest', 'registry_id', 'repository']).execute();

      await schema
        .createTable('content')
        .addColumn('digest', text, (c) => c.primaryKey())
        .addColumn('media_type', text, (c) => c.notNull())
        .addColumn('bytes', bytes, (c) => c.notNull())
        .addColumn('stored_at', 'bigint', (c) => c.notNull())
        .addColumn('used_at', 'bigint', (c) => c.notNull())
        .execute();
      await schema.createIndex('content_used').on('content').column('used_at').execute();

      await clustered(
        schema
          .createTable('content_places')
          .addColumn('digest', text, (c) => c.notNull().references('content.digest').onDelete('cascade'))
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('repository', text, (c) => c.notNull())
          .addPrimaryKeyConstraint('content_places_key', ['digest', 'registry_id', 'repository']),
      ).execute();
      await schema.createIndex('content_places_registry').on('content_places').columns(['registry_id', 'repository']).execute();

      await schema
        .createTable('audit')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('at', 'bigint', (c) => c.notNull())
        .addColumn('actor_kind', text, (c) => c.notNull())
        .addColumn('actor_id', text)
        .addColumn('actor_name', text, (c) => c.notNull())
        .addColumn('address', text)
        .addColumn('action', text, (c) => c.notNull())
        .addColumn('target_kind', text)
        .addColumn('target_id', text)
        .addColumn('target_name', text)
        .addColumn('before', text)
        .addColumn('after', text)
        .addColumn('outcome', text, (c) => c.notNull())
        .addColumn('detail', text)
        .execute();
      await schema.createIndex('audit_at').on('audit').columns(['at', 'id']).execute();
      await schema.createIndex('audit_actor').on('audit').columns(['actor_id', 'at']).execute();
      await schema.createIndex('audit_target').on('audit').columns(['target_id', 'at']).execute();
      await schema.createIndex('audit_action').on('audit').columns(['action', 'at']).execute();
      await makeAppendOnly(db, kind, 'audit');
    },
  };
}

/** The database itself refuses to change or remove rows. */
async function makeAppendOnly(db: Kysely<never>, kind: 'sqlite' | 'postgres', table: string): Promise<void> {
  const name = sql.table(table);
  if (kind === 'sqlite') {
    await sql`create trigger ${sql.raw(table)}_no_update before update on ${name} begin select raise(abort, 'this table is append-only'); end`.execute(
      db,
    );
    await sql`create trigger ${sql.raw(table)}_no_delete before delete on ${name} begin select raise(abort, 'this table is append-only'); end`.execute(
      db,
    );
  } else {
    await sql`create function refuse_change() returns trigger language plpgsql as $$ begin raise exception 'this table is append-only'; end $$`.execute(
      db,
    );
    await sql`create trigger ${sql.raw(table)}_append_only before update or delete on ${name} for each row execute function refuse_change()`.execute(
      db,
    );
  }
}
