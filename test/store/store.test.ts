import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  containsText,
  decodeCursor,
  encodeCursor,
  isForeignKeyViolation,
  isUniqueViolation,
  openStore,
  pageOf,
  type Store,
} from '../../src/store/index.ts';
import { describeEachStore } from './each-store.ts';

const digest = `sha256:${'a'.repeat(64)}`;

async function addRegistry(store: Store, id: string): Promise<void> {
  await store.db
    .insertInto('registries')
    .values({
      id,
      name: id,
      name_key: id,
      provider: 'generic',
      url: 'https://registry.example',
      prefix: 'registry.example',
      namespace: '',
      description: '',
      sign_in: 'none',
      settings: '{}',
      connection: '{}',
      secrets: '{}',
      pinned_repositories: '[]',
      trusted_realms: '[]',
      credential_expiry: 43_200_000,
      sources: '{}',
      tag_order: null,
      secret_ends_at: null,
      all_projects: 1,
      is_default: 0,
      created_at: 1_700_000_000_000,
      updated_at: 1_700_000_000_000,
      updated_by: null,
      version: 1,
    })
    .execute();
}

describeEachStore('the store', (bench) => {
  it('keeps what it was given: times beyond 32 bits, bytes, JSON text, null', async () => {
    const store = await bench.open();
    await addRegistry(store, 'reg_a');
    const bytes = Uint8Array.from([0, 255, 1, 128]);
    await store.db
      .insertInto('content')
      .values({ digest, media_type: 'application/json', bytes, stored_at: 9_007_199_254_740_991, used_at: 0 })
      .execute();
    const content = await store.db.selectFrom('content').selectAll().executeTakeFirstOrThrow();
    expect(content.stored_at).toBe(9_007_199_254_740_991);
    expect(Uint8Array.from(content.bytes)).toEqual(bytes);
    const registry = await store.db.selectFrom('registries').selectAll().executeTakeFirstOrThrow();
    expect(registry).toMatchObject({ credential_expiry: 43_200_000, updated_by: null, settings: '{}', all_projects: 1 });
  });

  it('answers with rows from RETURNING and with counts', async () => {
    const store = await bench.open();
    const row = await store.db.insertInto('hub').values({ key: 'a', value: '1' }).returning('value').executeTakeFirstOrThrow();
    expect(row.value).toBe('1');
    const changed = await store.db.updateTable('hub').set({ value: '2' }).where('key', '=', 'a').executeTakeFirst();
    expect(Number(changed.numUpdatedRows)).toBe(1);
    const untouched = await store.db.updateTable('hub').set({ value: '3' }).where('key', '=', 'b').executeTakeFirst();
    expect(Number(untouched.numUpdatedRows)).toBe(0);
  });

  it('commits a transaction whole or not at all', async () => {
    const store = await bench.open();
    await expect(
      store.transaction(async (trx) => {
        await trx.insertInto('hub').values({ key: 'a', value: '1' }).execute();
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await store.db.selectFrom('hub').selectAll().execute()).toEqual([]);

    const answer = await store.transaction(async (trx) => {
      await trx.insertInto('hub').values({ key: 'a', value: '1' }).execute();
      await trx.insertInto('hub').values({ key: 'b', value: '2' }).execute();
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await store.db.selectFrom('hub').selectAll().orderBy('key').execute()).toHaveLength(2);
  });

  it('runs 20 transactions at once without losing an update', async () => {
    const store = await bench.open();
    await store.db.insertInto('hub').values({ key: 'counter', value: '0' }).execute();
    await Promise.all(
      Array.from({ length: 20 }, () =>
        store.transaction(async (trx) => {
          await store.lock(trx, 'counter');
          const { value } = await trx.selectFrom('hub').select('value').where('key', '=', 'counter').executeTakeFirstOrThrow();
          await delay(1);
          await trx
            .updateTable('hub')
            .set({ value: String(Number(value) + 1) })
            .where('key', '=', 'counter')
            .execute();
        }),
      ),
    );
    const { value } = await store.db.selectFrom('hub').select('value').executeTakeFirstOrThrow();
    expect(value).toBe('20');
  });

  it('does not let a single statement slip into an open transaction', async () => {
    const store = await bench.open();
    const opened = Promise.withResolvers<void>();
    const transaction = store
      .transaction(async (trx) => {
        await trx.insertInto('hub').values({ key: 'inside', value: '1' }).execute();
        opened.resolve();
        await delay(20);
        throw new Error('rolled back');
      })
      .catch((error: unknown) => error);
    await opened.promise;
    await store.db.insertInto('hub').values({ key: 'outside', value: '1' }).execute();
    await transaction;
    expect(await store.db.selectFrom('hub').select('key').execute()).toEqual([{ key: 'outside' }]);
  });

  it('refuses db inside a transaction instead of waiting for ever, and only there', async () => {
    const store = await bench.open();
    await expect(
      store.transaction(async () => {
        await store.db.selectFrom('hub').selectAll().execute();
      }),
    ).rejects.toMatchObject({ code: 'store_misused' });
    await expect(store.transaction(() => store.transaction(async () => 1))).rejects.toMatchObject({ code: 'store_misused' });

    let later: Promise<unknown> | undefined;
    await store.transaction(async () => {
      later = delay(20).then(() => store.db.selectFrom('hub').selectAll().execute());
    });
    await expect(later).resolves.toEqual([]);
  });

  it('recognises unique and foreign key violations', async () => {
    const store = await bench.open();
    await store.db.insertInto('hub').values({ key: 'a', value: '1' }).execute();
    const twice: unknown = await store.db
      .insertInto('hub')
      .values({ key: 'a', value: '2' })
      .execute()
      .catch((error: unknown) => error);
    expect(isUniqueViolation(twice)).toBe(true);
    expect(isForeignKeyViolation(twice)).toBe(false);
    const orphan: unknown = await store.db
      .insertInto('repositories')
      .values({ registry_id: 'nowhere', name: 'a', info: '{}', seen_at: 0, tags_at: null, tags_partial: null })
      .execute()
      .catch((error: unknown) => error);
    expect(isForeignKeyViolation(orphan)).toBe(true);
    expect(isUniqueViolation(orphan)).toBe(false);
    expect(isUniqueViolation(new Error('x'))).toBe(false);
  });

  it('allows one default registry at most', async () => {
    const store = await bench.open();
    await addRegistry(store, 'reg_a');
    await addRegistry(store, 'reg_b');
    const makeDefault = (id: string) => store.db.updateTable('registries').set({ is_default: 1 }).where('id', '=', id).execute();
    await makeDefault('reg_a');
    expect(isUniqueViolation(await makeDefault('reg_b').catch((error: unknown) => error))).toBe(true);
  });

  it('removes what belongs to a registry with it', async () => {
    const store = await bench.open();
    await addRegistry(store, 'reg_a');
    await store.db
      .insertInto('repositories')
      .values({ registry_id: 'reg_a', name: 'app', info: '{}', seen_at: 0, tags_at: null, tags_partial: null })
      .execute();
    await store.db.deleteFrom('registries').execute();
    expect(await store.db.selectFrom('repositories').selectAll().execute()).toEqual([]);
  });

  it('sorts by bytes and finds text without regard to case or wildcards', async () => {
    const store = await bench.open();
    for (const key of ['b', 'B', 'a', '_', 'é', 'a%b', 'aXb']) await store.db.insertInto('hub').values({ key, value: '' }).execute();
    const sorted = await store.db.selectFrom('hub').select('key').orderBy('key').execute();
    expect(sorted.map((row) => row.key)).toEqual(['B', '_', 'a', 'a%b', 'aXb', 'b', 'é']);
    const find = async (text: string) => {
      const rows = await store.db
        .selectFrom('hub')
        .select('key')
        .where((eb) => containsText(eb.ref('key'), text))
        .orderBy('key')
        .execute();
      return rows.map((row) => row.key);
    };
    expect(await find('x')).toEqual(['aXb']);
    expect(await find('A%')).toEqual(['a%b']);
    expect(await find('_')).toEqual(['_']);
    expect(await find('\\')).toEqual([]);
  });

  it('pages through a list by cursor', async () => {
    const store = await bench.open();
    for (let i = 0; i < 25; i++)
      await store.db
        .insertInto('hub')
        .values({ key: `k${String(i).padStart(2, '0')}`, value: '' })
        .execute();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const after = cursor === undefined ? '' : decodeCursor(cursor, z.tuple([z.string()]))[0];
      const rows = await store.db.selectFrom('hub').select('key').where('key', '>', after).orderBy('key').limit(11).execute();
      const page = pageOf(rows, 10, (last) => [last.key]);
      seen.push(...page.items.map((row) => row.key));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
  });

  it('refuses to change or remove audit entries', async () => {
    const store = await bench.open();
    await store.db
      .insertInto('audit')
      .values({
        id: 'aud_1',
        at: 1,
        actor_kind: 'system',
        actor_id: null,
        actor_name: 'Tagboat',
        address: null,
        action: 'hub.start',
        target_kind: null,
        target_id: null,
        target_name: null,
        before: null,
        after: null,
        outcome: 'ok',
        detail: null,
      })
      .execute();
    await expect(store.db.updateTable('audit').set({ action: 'x' }).execute()).rejects.toThrow('append-only');
    await expect(store.db.deleteFrom('audit').execute()).rejects.toThrow('append-only');
  });

  it('opens again what it closed, and refuses the database of a newer version', async () => {
    const place = await bench.place();
    const first = await openStore(place);
    await first.db.insertInto('hub').values({ key: 'a', value: '1' }).execute();
    await first.close();
    await first.close();

    const second = await openStore(place);
    expect(await second.db.selectFrom('hub').selectAll().execute()).toEqual([{ key: 'a', value: '1' }]);
    await second.db
      .withTables<{ tagboat_migration: { name: string; timestamp: string } }>()
      .insertInto('tagboat_migration')
      .values({ name: '9999-from-the-future', timestamp: new Date().toISOString() })
      .execute();
    await second.close();

    await expect(openStore(place)).rejects.toMatchObject({ code: 'store_schema_newer', fault: 'hub' });
    await expect(openStore({ ...place, access: 'tool' })).rejects.toMatchObject({ code: 'store_schema_newer' });
  });

  it('does not update the database for a tool', async () => {
    const place = await bench.place();
    await expect(openStore({ ...place, access: 'tool' })).rejects.toMatchObject({ code: 'store_schema_older' });
  });

  it('lets a tool read and write beside the hub', async () => {
    const place = await bench.place();
    const hub = await openStore(place);
    const tool = await openStore({ ...place, access: 'tool' });
    await hub.db.insertInto('hub').values({ key: 'a', value: '1' }).execute();
    expect(await tool.db.selectFrom('hub').selectAll().execute()).toEqual([{ key: 'a', value: '1' }]);
    await tool.transaction((trx) => trx.insertInto('hub').values({ key: 'b', value: '2' }).execute());
    expect(await hub.db.selectFrom('hub').selectAll().execute()).toHaveLength(2);
    await tool.close();
    await hub.close();
  });

  it('refuses cursors that it never made', () => {
    const schema = z.tuple([z.number(), z.string()]);
    expect(decodeCursor(encodeCursor([1, 'a']), schema)).toEqual([1, 'a']);
    for (const bad of [
      '',
      '%%%',
      'a'.repeat(3000),
      encodeCursor(['1', 'a']),
      encodeCursor({ $gt: '' }),
      Buffer.from('{').toString('base64url'),
    ]) {
      expect(() => decodeCursor(bad, schema)).toThrow(expect.objectContaining({ code: 'invalid_cursor', fault: 'caller' }));
    }
  });
});
