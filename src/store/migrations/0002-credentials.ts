import { type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Where credentials come from, what became of them, who used them, and what to be warned of. */
export function credentials(kind: 'sqlite' | 'postgres'): Migration {
  const text: 'text' | RawBuilder<unknown> = kind === 'postgres' ? sql`text collate "C"` : 'text';
  const clustered = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
    kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table;

  return {
    async up(db: Kysely<never>) {
      const { schema } = db;
      const registries = () => schema.alterTable('registries');
      await registries()
        .addColumn('sources', text, (c) => c.notNull().defaultTo('{}'))
        .execute();
      await registries().addColumn('tag_order', text).execute();
      await registries().addColumn('secret_ends_at', 'bigint').execute();

      await schema
        .createTable('credential_states')
        .addColumn('registry_id', text, (c) => c.primaryKey().references('registries.id').onDelete('cascade'))
        .addColumn('fingerprint', text, (c) => c.notNull())
        .addColumn('kind', text)
        .addColumn('username', text)
        .addColumn('issued_at', 'bigint')
        .addColumn('expires_at', 'bigint')
        .addColumn('refresh_at', 'bigint')
        .addColumn('refreshed_at', 'bigint')
        .addColumn('failure', text)
        .addColumn('ends', text, (c) => c.notNull())
        .addColumn('issued', text)
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .execute();

      await clustered(
        schema
          .createTable('credential_slots')
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('slot', text, (c) => c.notNull())
          .addColumn('sign_in', text, (c) => c.notNull())
          .addColumn('settings', text, (c) => c.notNull())
          .addColumn('sources', text, (c) => c.notNull())
          .addColumn('secrets', text, (c) => c.notNull())
          .addColumn('secret_ends_at', 'bigint')
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('created_by', text)
          .addColumn('created_by_name', text, (c) => c.notNull())
          .addColumn('tested_at', 'bigint')
          .addColumn('test', text)
          .addPrimaryKeyConstraint('credential_slots_key', ['registry_id', 'slot']),
      ).execute();

      await clustered(
        schema
          .createTable('credential_uses')
          .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
          .addColumn('actor_kind', text, (c) => c.notNull())
          .addColumn('actor_id', text, (c) => c.notNull())
          .addColumn('purpose', text, (c) => c.notNull())
          .addColumn('actor_name', text, (c) => c.notNull())
          .addColumn('first_at', 'bigint', (c) => c.notNull())
          .addColumn('last_at', 'bigint', (c) => c.notNull())
          .addColumn('uses', 'bigint', (c) => c.notNull())
          .addPrimaryKeyConstraint('credential_uses_key', ['registry_id', 'actor_kind', 'actor_id', 'purpose']),
      ).execute();
      await schema.createIndex('credential_uses_last').on('credential_uses').columns(['registry_id', 'last_at']).execute();

      await schema
        .createTable('alerts')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('registry_id', text, (c) => c.notNull().references('registries.id').onDelete('cascade'))
        .addColumn('kind', text, (c) => c.notNull())
        .addColumn('subject', text, (c) => c.notNull())
        .addColumn('level', text, (c) => c.notNull())
        .addColumn('code', text, (c) => c.notNull())
        .addColumn('message', text, (c) => c.notNull())
        .addColumn('due_at', 'bigint')
        .addColumn('raised_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .addColumn('acknowledged_at', 'bigint')
        .addColumn('acknowledged_by_name', text)
        .addUniqueConstraint('alerts_subject', ['registry_id', 'kind', 'subject'])
        .execute();
    },
  };
}
