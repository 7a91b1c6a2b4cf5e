import { type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Copies that the hub makes, and rules that keep repositories in step. */
export function distribution(kind: 'sqlite' | 'postgres'): Migration {
  const text: 'text' | RawBuilder<unknown> = kind === 'postgres' ? sql`text collate "C"` : 'text';
  const clustered = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
    kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table;

  return {
    async up(db: Kysely<never>) {
      const { schema } = db;
      await schema
        .createTable('copies')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('group_id', text, (c) => c.notNull())
        .addColumn('state', text, (c) => c.notNull())
        .addColumn('source_registry_id', text, (c) => c.references('registries.id').onDelete('set null'))
        .addColumn('source_registry', text, (c) => c.notNull())
        .addColumn('source_repository', text, (c) => c.notNull())
        .addColumn('source_reference', text, (c) => c.notNull())
        .addColumn('destination_registry_id', text, (c) => c.references('registries.id').onDelete('set null'))
        .addColumn('destination_registry', text, (c) => c.notNull())
        .addColumn('destination_repository', text, (c) => c.notNull())
        .addColumn('destination_tags', text, (c) => c.notNull())
        .addColumn('settings', text, (c) => c.notNull())
        .addColumn('cause', text, (c) => c.notNull())
        .addColumn('retry_of', text)
        .addColumn('created_by_kind', text, (c) => c.notNull())
        .addColumn('created_by', text)
        .addColumn('created_by_name', text, (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('finished_at', 'bigint')
        .addColumn('attempts', 'integer', (c) => c.notNull())
        .addColumn('due_at', 'bigint')
        .addColumn('cancel_requested', 'integer', (c) => c.notNull())
        .addColumn('claimed_by', text)
        .addColumn('claimed_until', 'bigint')
        .addColumn('progress', text)
        .addColumn('result', text)
        .addColumn('failure', text)
        .execute();
      await schema.createIndex('copies_due').on('copies').columns(['due_at']).execute();
      await schema.createIndex('copies_created').on('copies').columns(['created_at', 'id']).execute();
      await schema.createIndex('copies_source').on('copies').columns(['source_registry_id']).execute();
      await schema.createIndex('copies_destination').on('copies').columns(['destination_registry_id']).execute();

      await clustered(
        schema
          .createTable('copy_uploads')
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('repository', text, (c) => c.notNull())
          .addColumn('digest', text, (c) => c.notNull())
          .addColumn('state', text, (c) => c.notNull())
          .addColumn('updated_at', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('copy_uploads_key', ['registry_id', 'repository', 'digest']),
      ).execute();

      await schema
        .createTable('sync_rules')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('name_key', text, (c) => c.notNull().unique())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('enabled', 'integer', (c) => c.notNull())
        .addColumn('spec', text, (c) => c.notNull())
        .addColumn('source_registry_id', text, (c) => c.notNull().references('registries.id'))
        .addColumn('destination_registry_id', text, (c) => c.notNull().references('registries.id'))
        .addColumn('planned_version', 'integer', (c) => c.notNull())
        .addColumn('next_run_at', 'bigint')
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('created_by', text)
        .addColumn('created_by_name', text, (c) => c.notNull())
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_by_name', text, (c) => c.notNull())
        .execute();
      await schema.createIndex('sync_rules_next').on('sync_rules').columns(['next_run_at']).execute();

      await schema
        .createTable('sync_runs')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('rule_id', text, (c) => c.notNull().references('sync_rules.id').onDelete('cascade'))
        .addColumn('rule_version', 'integer', (c) => c.notNull())
        .addColumn('kind', text, (c) => c.notNull())
        .addColumn('state', text, (c) => c.notNull())
        .addColumn('cause', text, (c) => c.notNull())
        .addColumn('created_by_kind', text, (c) => c.notNull())
        .addColumn('created_by', text)
        .addColumn('created_by_name', text, (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('finished_at', 'bigint')
        .addColumn('open', 'integer')
        .addColumn('cancel_requested', 'integer', (c) => c.notNull())
        .addColumn('claimed_by', text)
        .addColumn('claimed_until', 'bigint')
        .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('counts', text)
        .addColumn('items', text)
        .addColumn('failure', text)
        // Nulls are distinct, so that only what is open counts.
        .addUniqueConstraint('sync_runs_open', ['rule_id', 'open'])
        .execute();
      await schema.createIndex('sync_runs_rule').on('sync_runs').columns(['rule_id', 'created_at']).execute();

      await clustered(
        schema
          .createTable('sync_seen')
          .addColumn('rule_id', text, (c) => c.notNull().references('sync_rules.id').onDelete('cascade'))
          .addColumn('repository', text, (c) => c.notNull())
          .addColumn('tag', text, (c) => c.notNull())
          .addColumn('digest', text, (c) => c.notNull())
          .addPrimaryKeyConstraint('sync_seen_key', ['rule_id', 'repository', 'tag']),
      ).execute();
    },
  };
}
