import { expect, it } from 'vitest';
import { Audit, systemPrincipal } from '../../src/access/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import { HubEvents } from '../../src/core/events.ts';
import { newId } from '../../src/core/ids.ts';
import { CredentialBroker, openKeyring } from '../../src/credentials/index.ts';
import { type CopyParts, copyParts, type CopyRequest, Targets } from '../../src/distribution/index.ts';
import { CopyClaims } from '../../src/distribution/copies/claim-store.ts';
import { CopyStore, type NewCopy } from '../../src/distribution/copies/store.ts';
import { UploadStore } from '../../src/distribution/copies/upload-store.ts';
import { loadProviders } from '../../src/provider/index.ts';
import { openQueue } from '../../src/queue/index.ts';
import { Registries, Repositories } from '../../src/registries/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { startRegistry, status, type TestRegistry } from '../../src/testing/index.ts';
import { describeEachStore } from '../store/each-store.ts';
import { imageOf } from './copies-world.ts';

/** What a hub has for copies, on a store; several can be had on one. */
async function startParts(store: Store, place: { dataDir: string; database?: string }, more: Partial<CopyParts> = {}) {
  const keyring = await openKeyring({ store, dataDir: place.dataDir });
  const clock = systemClock;
  const audit = new Audit({ store, clock });
  const events = new HubEvents();
  const queue = await openQueue({ store, ...(place.database !== undefined && { database: place.database }) });
  const registries = new Registries({
    store,
    keyring,
    broker: new CredentialBroker({ clock }),
    audit,
    providers: await loadProviders(),
    events,
  });
  const targets = new Targets({ registries, repositories: new Repositories({ registries, audit }) });
  const parts = copyParts({ store, keyring, registries, targets, audit, events, queue, clock, ...more });
  return {
    ...parts,
    registries,
    keyring,
    queue,
    async close() {
      await parts.runner.stop();
      await queue.close();
      await registries.close();
    },
  };
}

const connect = (registries: Registries, name: string, { url }: TestRegistry) =>
  registries.create(systemPrincipal, {
    name,
    provider: 'generic',
    url,
    connection: { tls: 'plain' },
    allProjects: true,
    signIn: 'anonymous',
  });

const until = async <T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> => {
  for (const deadline = Date.now() + 30_000; ; ) {
    const found = await look();
    if (isThere(found)) return found;
    if (Date.now() > deadline) throw new Error(`It never came there: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** A row as `Copies` writes it. */
const newCopy = (over: Partial<NewCopy> = {}): NewCopy => ({
  id: newId('cpy'),
  group: newId('cpg'),
  source: { registry: 'from', repository: 'shop/api', reference: '1.0' },
  destination: { registry: 'to', repository: 'shop/api', tags: ['1.0'] },
  settings: {},
  cause: 'person',
  by: { kind: 'user', id: 'usr_ana', name: 'ana' },
  createdAt: 1000,
  ...over,
});

describeEachStore('copies', (bench) => {
  it('are claimed by one of those who want them, until that passes', async () => {
    const store = await bench.open();
    const rows = new CopyStore(store);
    const made = new CopyClaims(store);
    const copy = newCopy();
    await rows.transaction((trx) => rows.insert(trx, [copy]));
    const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => made.claim(copy.id, `runner-${i}`, Date.now(), 300)));
    const winner = claims.find((claim) => claim !== undefined);
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(winner).toMatchObject({ state: 'running', attempts: 1 });
    expect(await made.due(Date.now(), 10)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await made.due(Date.now(), 10)).toEqual([copy.id]);
    expect(await made.claim(copy.id, 'another', Date.now(), 60_000)).toMatchObject({ attempts: 2, claimedBy: 'another' });
    const late = winner?.claimedBy ?? '';
    expect(await made.renew({ id: copy.id, runner: late, now: Date.now(), ttl: 1000 })).toBeUndefined();
    expect(await made.release(copy.id, late, { dueAt: 0, begun: true })).toBe(false);
    expect(await rows.transaction((trx) => made.finish(trx, copy.id, late, { state: 'done', at: 1 }))).toBe(false);
    expect(await rows.find(copy.id)).toMatchObject({ state: 'running', claimedBy: 'another' });
  });

  it('that end are kept for a time, and so many of them', async () => {
    const rows = new CopyStore(await bench.open());
    const copies = Array.from({ length: 12 }, (_, i) => newCopy({ createdAt: 1000 + i }));
    await rows.transaction((trx) => rows.insert(trx, copies));
    for (const { id } of copies.slice(0, 10)) await rows.transaction((trx) => rows.cancel(trx, id, id === copies[0]?.id ? 100 : 5000));
    await rows.prune(1000, 5);
    const left = (await rows.list(systemPrincipal, {})).items.map(({ id }) => id);
    expect(left).toEqual(
      copies
        .slice(5)
        .map(({ id }) => id)
        .toReversed(),
    );
    // Of registries that are gone, who asked for them and administrators know.
    const somebody = { ...systemPrincipal, kind: 'user' as const, role: 'viewer' as const };
    expect((await rows.list({ ...somebody, id: 'usr_ana' }, {})).total).toBe(7);
    expect((await rows.list({ ...somebody, id: 'usr_bob' }, {})).total).toBe(0);
  });

  it('keep where uploads stand, sealed, bound to their place, and free once their owner has ended', async () => {
    const place = await bench.place();
    const store = await openStore(place);
    const parts = await startParts(store, place);
    await using registry = await startRegistry();
    try {
      const { id: registryId } = await connect(parts.registries, 'to', registry);
      const uploads = new UploadStore(store, parts.keyring);
      const at = { registryId, repository: 'shop/api' };
      const state = { location: 'https://registry.test/upload?_state=confidential', offset: 7, owner: 'cpy_1' };
      await uploads.save(at, new Map([['sha256:a', state]]), 1000);
      await uploads.save(
        at,
        new Map([
          ['sha256:a', { ...state, offset: 9 }],
          ['sha256:b', undefined],
        ]),
        2000,
      );
      expect(await uploads.list(at)).toEqual([{ digest: 'sha256:a', ...state, offset: 9 }]);
      const [row] = await store.db.selectFrom('copy_uploads').selectAll().execute();
      expect(row?.state).not.toContain('confidential');
      await store.db.updateTable('copy_uploads').set({ repository: 'other/api' }).execute();
      expect(await uploads.list({ ...at, repository: 'other/api' })).toEqual([]);
      await uploads.prune(1999);
      expect(await store.db.selectFrom('copy_uploads').selectAll().execute()).toHaveLength(1);
      await uploads.prune(2001);
      expect(await store.db.selectFrom('copy_uploads').selectAll().execute()).toEqual([]);
      const copy = newCopy();
      const rows = new CopyStore(store);
      await rows.transaction((trx) => rows.insert(trx, [copy]));
      expect(await uploads.openOwners([copy.id, 'cpy_gone'])).toEqual(new Set([copy.id]));
      await rows.transaction((trx) => rows.cancel(trx, copy.id, 1));
      expect(await uploads.openOwners([copy.id])).toEqual(new Set());
    } finally {
      await parts.close();
      await store.close();
    }
  });

  it('are each made once, however many runners there are', async () => {
    const place = await bench.place();
    await using from = await startRegistry();
    await using to = await startRegistry();
    const first = await openStore(place);
    // Another hub on the same database; one process owns SQLite.
    const second = place.database === undefined ? first : await openStore(place);
    const one = await startParts(first, place);
    const two = await startParts(second, place);
    try {
      await connect(one.registries, 'from', from);
      await connect(one.registries, 'to', to);
      from.put('shop/api', imageOf(5000), '1.0');
      const request: CopyRequest = {
        source: { registry: 'from', repository: 'shop/api', reference: '1.0' },
        destinations: Array.from({ length: 40 }, (_, i) => ({ registry: 'to', repository: `prod/app-${i}` })),
      };
      const started = await one.copies.start(systemPrincipal, request);
      // On SQLite a start takes all that was claimed before for a dead hub's: both begin before anything is claimed.
      one.runner.start();
      two.runner.start();
      await until(
        () => one.copies.list(systemPrincipal, { state: 'open' }),
        ({ total }) => total === 0,
      );
      for (const { id } of started) expect(await one.copies.get(systemPrincipal, id)).toMatchObject({ state: 'done', attempts: 1 });
      const tagged = to.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/manifests/1.0'));
      expect(tagged).toHaveLength(40);
    } finally {
      await one.close();
      await two.close();
      if (second !== first) await second.close();
      await first.close();
    }
  });

  it('are taken over from a hub that is gone, and left to the one that took them over', async () => {
    const place = await bench.place();
    await using from = await startRegistry();
    await using to = await startRegistry();
    const store = await openStore(place);
    const parts = await startParts(store, place, { claimTime: 1500 });
    const rows = new CopyStore(store);
    try {
      await connect(parts.registries, 'from', from);
      await connect(parts.registries, 'to', to);
      const image = imageOf(400_000);
      from.put('shop/api', image, '1.0');
      const request: CopyRequest = {
        source: { registry: 'from', repository: 'shop/api', reference: '1.0' },
        destinations: [{ registry: 'to' }],
      };
      parts.runner.start();
      // Claimed by a hub that never comes back: noticed when its claim has passed.
      const [orphan] = await parts.copies.start(systemPrincipal, { ...request, settings: { bandwidth: 100_000 } });
      const id = orphan?.id ?? '';
      await until(
        () => rows.find(id),
        (found) => found?.state === 'running',
      );
      await store.db
        .updateTable('copies')
        .set({ claimed_by: 'thief', claimed_until: Date.now() + 2500 })
        .where('id', '=', id)
        .execute();
      // The one that lost it lets go, and does not touch what is another's now.
      await until(
        async () => to.openUploads,
        (open) => open >= 0,
      );
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await rows.find(id)).toMatchObject({ state: 'running', claimedBy: 'thief', attempts: 1 });
      expect(to.content.resolve('shop/api', '1.0')).toBeUndefined();
      const taken = await until(
        () => rows.find(id),
        (found) => found?.claimedBy !== 'thief',
      );
      expect(taken).toMatchObject({ attempts: 2 });
      const done = await until(
        () => rows.find(id),
        (found) => found?.finishedAt !== undefined,
      );
      expect(done).toMatchObject({ state: 'done', result: { digest: image.digest } });
    } finally {
      await parts.close();
      await store.close();
    }
  });

  it('that fail are tried three times in all, where that may help', async () => {
    const place = await bench.place();
    await using from = await startRegistry();
    await using to = await startRegistry();
    const store = await openStore(place);
    const parts = await startParts(store, place);
    const rows = new CopyStore(store);
    try {
      await connect(parts.registries, 'from', from);
      await connect(parts.registries, 'to', to);
      from.put('shop/api', imageOf(1000), '1.0');
      to.faults.add({ path: '/manifests/', times: Number.POSITIVE_INFINITY }, status(503, undefined, { 'retry-after': '600' }));
      parts.runner.start();
      const destinations = [{ registry: 'to' }];
      const [copy] = await parts.copies.start(systemPrincipal, {
        source: { registry: 'from', repository: 'shop/api', reference: '1.0' },
        destinations,
      });
      const id = copy?.id ?? '';
      for (const attempt of [1, 2]) {
        const waiting = await until(
          () => rows.find(id),
          (found) => found?.state === 'queued' && found.attempts === attempt,
        );
        expect(waiting).toMatchObject({ failures: attempt, failure: { code: 'registry_unavailable', side: 'destination' } });
        expect((waiting?.nextAttemptAt ?? 0) - Date.now()).toBeGreaterThan(590_000);
        await store.db.updateTable('copies').set({ due_at: 0 }).where('id', '=', id).execute();
        await parts.queue.publish('copies');
      }
      const failed = await until(
        () => rows.find(id),
        (found) => found?.finishedAt !== undefined,
      );
      expect(failed).toMatchObject({ state: 'failed', attempts: 3, failure: { code: 'registry_unavailable' } });
    } finally {
      await parts.close();
      await store.close();
    }
  });

  it('are canceled by another hub within a second or two', async () => {
    const place = await bench.place();
    await using from = await startRegistry();
    await using to = await startRegistry();
    const store = await openStore(place);
    const one = await startParts(store, place);
    const two = await startParts(store, place);
    try {
      await connect(one.registries, 'from', from);
      await connect(one.registries, 'to', to);
      from.put('shop/api', imageOf(1_000_000), '1.0');
      one.runner.start();
      const [copy] = await one.copies.start(systemPrincipal, {
        source: { registry: 'from', repository: 'shop/api', reference: '1.0' },
        destinations: [{ registry: 'to' }],
        settings: { bandwidth: 50_000 },
      });
      const id = copy?.id ?? '';
      await until(
        () => one.copies.get(systemPrincipal, id),
        ({ progress }) => (progress?.bytes.sent ?? 0) > 10_000,
      );
      expect(await two.copies.cancel(systemPrincipal, id)).toMatchObject({ state: 'running', canceling: true });
      const asked = Date.now();
      await until(
        () => two.copies.get(systemPrincipal, id),
        ({ state }) => state === 'canceled',
      );
      expect(Date.now() - asked).toBeLessThan(2500);
      expect(to.content.resolve('shop/api', '1.0')).toBeUndefined();
    } finally {
      await one.close();
      await two.close();
      await store.close();
    }
  });
});
