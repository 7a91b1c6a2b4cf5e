import { afterEach, beforeEach, expect, it } from 'vitest';
import { ContentStore } from '../../src/catalog/content-store.ts';
import { systemPrincipal } from '../../src/access/index.ts';
import type { Store } from '../../src/store/index.ts';
import { startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { describeEachStore } from '../store/each-store.ts';
import { type CatalogBench, startCatalog } from '../support/catalog-bench.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';

const day = 24 * 3600_000;
const now = Date.UTC(2026, 0, 1);
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

describeEachStore('tidying content', ({ open }) => {
  let directory: TemporaryDirectory;
  let registry: TestRegistry;
  let bench: CatalogBench;
  let store: Store;
  let content: ContentStore;
  let registryId: string;

  beforeEach(async () => {
    directory = await temporaryDirectory('tagboat-sweep');
    registry = await startRegistry();
    store = await open();
    bench = await startCatalog(store, directory.path);
    ({ id: registryId } = await bench.connect(registry));
    content = new ContentStore(store);
  });
  afterEach(async () => {
    await bench.close();
    await registry.close();
    await directory.remove();
  });

  const save = (letter: string, usedAt: number, bytes = 10) =>
    content.save(digest(letter), { registryId, repository: 'a' }, { mediaType: 'application/x', bytes: new Uint8Array(bytes) }, usedAt);
  const kept = async () =>
    (await store.db.selectFrom('content').select('digest').orderBy('digest').execute()).map((row) => row.digest.at(-1)).join('');

  it('forgets what was not used for long, but for what a tag points to', async () => {
    await save('a', now - 31 * day);
    await save('b', now - 29 * day);
    await save('c', now - 31 * day);
    await store.db
      .insertInto('tags')
      .values({
        registry_id: registryId,
        repository: 'a',
        name: '1.0',
        digest: digest('c'),
        media_type: null,
        artifact_type: null,
        pushed_at: null,
        created_at: null,
        size: null,
        platforms: null,
        seen_at: now,
        resolved_at: null,
      })
      .execute();
    expect(await content.sweep(now)).toBe(1);
    expect(await kept()).toBe('bc');
    expect(await content.find(digest('a'), { registryId, repository: 'a' }, now)).toBeUndefined();
    expect(await content.sweep(now)).toBe(0);
  });

  it('forgets what belonged to a registry that is gone', async () => {
    await save('a', now - 2 * day);
    await save('b', now);
    await bench.registries.remove(systemPrincipal, registryId);
    expect(await content.sweep(now)).toBe(1);
    // A day's grace: the row may be waiting for its place.
    expect(await kept()).toBe('b');
  });

  it('shrinks to its size, what was used longest ago first', async () => {
    await save('c', now - day, 400);
    await save('a', now - 3 * day, 400);
    await save('b', now - 2 * day, 400);
    expect(await content.sweep(now, { mostBytes: 1200 })).toBe(0);
    expect(await content.sweep(now, { mostBytes: 500 })).toBe(2);
    expect(await kept()).toBe('c');
  });

  it('goes on until all is done, however much there is', async () => {
    const letters = Array.from({ length: 1203 }, (_, at) => `sha256:${at.toString(16).padStart(64, '0')}`);
    const rows = letters.map((one) => ({ digest: one, media_type: 'x', bytes: new Uint8Array(1), stored_at: 0, used_at: 0 }));
    for (let at = 0; at < rows.length; at += 500)
      await store.db
        .insertInto('content')
        .values(rows.slice(at, at + 500))
        .execute();
    expect(await content.sweep(now)).toBe(1203);
  });
});
