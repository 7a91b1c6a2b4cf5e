import { beforeEach, expect, it } from 'vitest';
import type { Principal } from '../../src/access/index.ts';
import { newId } from '../../src/core/ids.ts';
import type { SyncRunState } from '../../src/distribution/index.ts';
import { RunClaims } from '../../src/distribution/sync/run-claim-store.ts';
import { RunStore } from '../../src/distribution/sync/run-store.ts';
import { type FakeClock, status, type TestRegistry } from '../../src/testing/index.ts';
import { describeEachStore } from '../store/each-store.ts';
import { ana, hour, minute, syncHubs } from './sync-hubs.ts';

describeEachStore('sync rules', (bench) => {
  const world = syncHubs(bench);
  const { open, openAnother, close, connect, make, runsOf, settled, quiet, put } = world;
  let clock: FakeClock;
  let from: TestRegistry;
  let to: TestRegistry;
  beforeEach(() => ({ clock, from, to } = world.now()));

  it('run at once when they are enabled, and then when their time comes', async () => {
    const hub = await open();
    await connect(hub);
    put('rule/api', '1');
    await make(hub, { every: '1h' });
    const [first] = await settled(hub, 1);
    expect(first).toMatchObject({ state: 'done', cause: 'schedule', counts: { copied: 1 } });
    await clock.advance(50 * minute);
    await quiet();
    expect(await runsOf(hub)).toHaveLength(1);
    put('rule/api', '2');
    await clock.advance(10 * minute);
    const [, second] = await settled(hub, 2);
    expect(second?.counts).toMatchObject({ copied: 1, unchanged: 1 });
    expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeLessThan(hour + minute);
  });

  it('run once for all the times that passed while no hub ran', async () => {
    const before = await open();
    await connect(before);
    // Today at two, by the clock of Berlin: 01:00 UTC.
    await make(before, { cron: '0 2 * * *', timeZone: 'Europe/Berlin' });
    await quiet();
    expect(await runsOf(before)).toEqual([]);
    await close(before);
    await clock.advance(5 * 24 * hour + 2 * hour);
    const after = await open();
    await settled(after, 1);
    await quiet();
    expect(await runsOf(after)).toHaveLength(1);
    const { nextRunAt } = await after.services.syncRules.get(ana, 'rule');
    expect(new Date(nextRunAt ?? 0).toISOString()).toBe('2026-01-07T01:00:00.000Z');
  });

  it('that wait for changes look every five minutes, and run when there is one', async () => {
    const hub = await open();
    await connect(hub);
    put('rule/api', '1');
    await make(hub, { onChange: true });
    expect(await settled(hub, 1)).toMatchObject([{ cause: 'change', counts: { copied: 1 } }]);
    const asked = from.requests.length;
    await clock.advance(5 * minute);
    await quiet();
    expect(await runsOf(hub)).toHaveLength(1);
    const look = from.requests.slice(asked).filter(({ path }) => path.includes('/manifests/'));
    expect(look.map(({ method }) => method)).toEqual(['HEAD']);
    const moved = put('rule/api', '1');
    await clock.advance(5 * minute);
    expect(await settled(hub, 2)).toMatchObject([{}, { cause: 'change', counts: { copied: 1 } }]);
    expect(to.content.resolve('rule/api', '1')).toBe(moved.digest);
  });

  it('that wait for changes try again what failed, less and less often', async () => {
    const hub = await open();
    await connect(hub);
    put('rule/api', '1');
    const broken = to.faults.add({ method: 'POST', path: '/blobs/uploads/', times: Infinity }, status(403));
    await make(hub, { onChange: true });
    await settled(hub, 1);
    await clock.advance(6 * minute);
    await settled(hub, 2);
    const [first, second] = await settled(hub, 2);
    expect([first?.state, second?.state]).toEqual(['failed', 'failed']);
    await clock.advance(6 * minute);
    await quiet();
    expect(await runsOf(hub)).toHaveLength(2);
    broken.remove();
    await clock.advance(5 * minute);
    expect((await settled(hub, 3)).at(-1)).toMatchObject({ state: 'done', counts: { copied: 1 } });
    await clock.advance(30 * minute);
    await quiet();
    expect(await runsOf(hub)).toHaveLength(3);
  });

  it('that wait for changes run at once when this hub wrote to their source, in a chain too', async () => {
    const hub = await open();
    await connect(hub);
    const { events, registries } = hub.services;
    await make(hub, { onChange: true, every: '1d' });
    const second = {
      source: { registry: 'to', repositories: ['rule/*'] },
      destination: { registry: 'to', repository: 'copy/{repository}' },
    };
    await make(hub, { onChange: true, every: '1d' }, second, 'chained');
    await quiet();
    const image = put('rule/api', '1');
    const { id } = await registries.get(ana, 'from');
    events.emit('repository.written', { id, repository: 'other/api' });
    await quiet();
    expect(await runsOf(hub)).toEqual([]);
    events.emit('repository.written', { id, repository: 'rule/api' });
    expect(await settled(hub, 1)).toMatchObject([{ cause: 'change', counts: { copied: 1 } }]);
    expect(await settled(hub, 1, 'chained')).toMatchObject([{ cause: 'change', counts: { copied: 1 } }]);
    expect(to.content.resolve('copy/rule/api', '1')).toBe(image.digest);
    expect((await hub.services.syncRules.get(ana, 'rule')).nextRunAt).toBeGreaterThan(clock.now() + 20 * hour);
  });

  it('make up once for a time that came while they were under way', async () => {
    const hub = await open();
    await connect(hub);
    put('rule/api', '1');
    let release = () => {};
    from.faults.add({ method: 'HEAD', path: '/manifests/' }, { hold: new Promise<void>((resolve) => (release = resolve)) });
    await make(hub, { every: '1m' });
    for (let i = 0; i < 200 && (await runsOf(hub))[0]?.state !== 'running'; i++) await quiet();
    await clock.advance(4 * minute);
    await quiet();
    expect(await runsOf(hub)).toHaveLength(1);
    release();
    const runs = await settled(hub, 2);
    expect(runs).toHaveLength(2);
    expect(runs[1]?.startedAt).toBeGreaterThanOrEqual(runs[0]?.finishedAt ?? 0);
  });

  it('that are put off by the end of their hub go on with the next, and count once what was done', async () => {
    const before = await open();
    await connect(before);
    for (const tag of ['1', '2', '3']) {
      put('rule/api', tag);
      put('rule/web', tag);
    }
    from.faults.add({ method: 'GET', path: '/rule/web/blobs/', times: Infinity }, { hold: new Promise(() => {}) });
    await make(before, { every: '1d' });
    for (let i = 0; (await runsOf(before))[0]?.counts?.copied !== 3; i++) {
      if (i > 50) throw new Error(JSON.stringify(await runsOf(before)));
      await quiet();
    }
    await close(before);
    from.faults.clear();
    const after = await open({ start: false });
    expect(await runsOf(after)).toMatchObject([{ state: 'queued', counts: { copied: 3 } }]);
    after.start();
    const [run] = await settled(after, 1);
    expect(run).toMatchObject({ state: 'done', counts: { copied: 6, unchanged: 0, failed: 0 } });
    const { items = [] } = await after.services.syncRules.getRun(ana, run?.id ?? '');
    expect(items.map(({ destination }) => `${destination.repository}:${destination.tag}`).toSorted()).toEqual(
      ['api', 'web'].flatMap((name) => ['1', '2', '3'].map((tag) => `rule/${name}:${tag}`)),
    );
    const pushed = to.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'));
    expect(pushed).toHaveLength(6);
  });

  it('are found, edited and removed by those who see both of their registries', async () => {
    const hub = await open({ start: false });
    await connect(hub);
    const { syncRules, registries } = hub.services;
    const made = await make(hub, { every: '1h' }, {}, 'Rule A');
    await make(hub, { onChange: true }, {}, 'other');
    const { id: fromId } = await registries.get(ana, 'from');
    const stranger: Principal = { ...ana, id: 'tok_1', kind: 'token', registries: [fromId] };
    const names = async (who: Principal, filter = {}) => (await syncRules.list(who, filter)).map(({ name }) => name);
    expect(await names(ana)).toEqual(['other', 'Rule A']);
    expect(await names(ana, { q: 'RULE' })).toEqual(['Rule A']);
    expect(await names(ana, { registry: 'TO', enabled: false })).toEqual([]);
    expect(await names(stranger)).toEqual([]);
    await expect(syncRules.get(stranger, made.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(make(hub, { every: '1h' }, {}, 'rULE a')).rejects.toMatchObject({ code: 'already_exists' });
    const edits = await Promise.allSettled([1, 2, 3].map((i) => syncRules.update(ana, 'rule a', { name: `Rule ${i}` }, 1)));
    expect(edits.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
    // Without a version, each is made upon the other.
    await Promise.all([syncRules.update(ana, made.id, { name: 'Rule B' }), syncRules.update(ana, made.id, { enabled: false })]);
    expect(await syncRules.get(ana, 'rule b')).toMatchObject({ enabled: false, version: 4 });
    await syncRules.remove(ana, 'rule b', 4);
    expect(await names(ana)).toEqual(['other']);
  });

  it('are not both enabled at the same time when they feed each other', async () => {
    const hub = await open({ start: false });
    await connect(hub);
    const { syncRules } = hub.services;
    const ends = [
      ['from', 'to'],
      ['to', 'from'],
    ] as const;
    for (const [i, [source, destination]] of ends.entries()) {
      const spec = { source: { registry: source, repositories: ['round/*'] }, destination: { registry: destination } };
      await syncRules.create(ana, { name: `round-${i}`, spec });
    }
    const enabled = await Promise.allSettled([0, 1].map((i) => syncRules.update(ana, `round-${i}`, { enabled: true, unseen: true })));
    expect(enabled.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
    expect(enabled.find(({ status: outcome }) => outcome === 'rejected')).toMatchObject({ reason: { code: 'sync_loop' } });
  });

  it('are claimed by one runner at a time, and an end that comes too late changes nothing', async () => {
    const hub = await open({ start: false });
    await connect(hub);
    await make(hub, { every: '1h' });
    const { store } = hub.services;
    const runs = new RunStore(store);
    const claims = new RunClaims(store, runs, clock);
    const { id } = await hub.services.syncRules.run(ana, 'rule', 'run');
    const [one, two] = await Promise.all([claims.claim(id, 'a', 50, clock.now()), claims.claim(id, 'b', 50, clock.now())]);
    expect([one, two].filter((claimed) => claimed !== undefined)).toHaveLength(1);
    const [winner, loser] = one ? ['a', 'b'] : ['b', 'a'];
    expect(await claims.renew(id, loser, 50)).toBeUndefined();
    expect(await claims.renew(id, winner, 50)).toEqual({ cancel: false });
    // PostgreSQL goes by its own clock.
    await clock.advance(60);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await claims.claimable(10)).toEqual([id]);
    expect(await claims.claim(id, loser, 60_000, clock.now())).toBeDefined();
    const end = (by: string, state: Extract<SyncRunState, 'done' | 'failed'>) =>
      runs.transaction((trx) => claims.end(trx, id, by, { state, finishedAt: clock.now() }));
    expect(await end(winner, 'failed')).toBe(false);
    expect(await end(loser, 'done')).toBe(true);
    expect(await hub.services.syncRules.getRun(ana, id)).toMatchObject({ state: 'done' });
    expect(await end(loser, 'failed')).toBe(false);
  });

  it('are taken over from a hub that is gone', async () => {
    const hub = await open({ start: false });
    await connect(hub);
    put('rule/api', '1');
    await make(hub, { cron: '0 0 1 1 *' });
    const claims = new RunClaims(hub.services.store, new RunStore(hub.services.store), clock);
    const { id } = await hub.services.syncRules.run(ana, 'rule', 'run');
    expect(await claims.claim(id, 'gone', 300, clock.now())).toBeDefined();
    await hub.services.syncRules.cancel(ana, id);
    expect(await hub.services.syncRules.getRun(ana, id)).toMatchObject({ state: 'running', canceling: true });
    // PostgreSQL goes by its own clock.
    await new Promise((resolve) => setTimeout(resolve, 320));
    hub.start();
    expect(await settled(hub, 1)).toMatchObject([{ id, state: 'canceled' }]);
    const { id: second } = await hub.services.syncRules.run(ana, 'rule', 'run');
    expect(await settled(hub, 2)).toMatchObject([{}, { id: second, state: 'done', counts: { copied: 1 } }]);
  });

  it('keep their runs for 90 days, and no more than 200', async () => {
    const hub = await open({ start: false });
    await connect(hub);
    await make(hub, { every: '1h' });
    const runs = new RunStore(hub.services.store);
    const { id: ruleId } = await hub.services.syncRules.get(ana, 'rule');
    for (let i = 0; i < 205; i++) {
      await clock.advance(1);
      const [id, createdAt] = [newId('run', clock.now()), clock.now()];
      const made = { id, ruleId, ruleVersion: 1, kind: 'plan', cause: 'person', by: { kind: 'user', name: 'ana' }, createdAt } as const;
      await runs.transaction(async (trx) => {
        await runs.insert(trx, made);
        await runs.requestCancel(trx, id, createdAt);
      });
    }
    const { db } = hub.services.store;
    await db.updateTable('sync_runs').set({ items: '{"items":[],"partial":[]}' }).execute();
    await runs.prune(clock.now());
    const withItems = await db.selectFrom('sync_runs').select('created_at').where('items', 'is not', null).execute();
    expect([withItems.length, Math.min(...withItems.map((row) => Number(row.created_at)))]).toEqual([20, clock.now() - 19]);
    const first = await hub.services.syncRules.runs(ana, 'rule', { limit: 150 });
    const rest = await hub.services.syncRules.runs(ana, 'rule', { limit: 150, ...(first.next !== undefined && { cursor: first.next }) });
    expect([first.items.length, rest.items.length, rest.next]).toEqual([150, 50, undefined]);
    await clock.advance(91 * 24 * hour);
    await hub.services.syncRules.run(ana, 'rule', 'plan');
    await runs.prune(clock.now());
    expect(await runsOf(hub)).toMatchObject([{ state: 'queued' }]);
  });

  it('of hubs on one database run once, whichever takes them', async () => {
    const hubA = await open();
    const hubB = await openAnother(hubA);
    await connect(hubA);
    for (let i = 0; i < 8; i++) {
      put(`rule${i}/api`, '1');
      await make(hubA, { every: '1h' }, {}, `rule${i}`);
    }
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 8; i++) await settled(round % 2 === 0 ? hubA : hubB, round, `rule${i}`);
      await clock.advance(hour - 5 * minute);
      for (let i = 0; i < 8; i++) expect(await runsOf(hubA, `rule${i}`)).toHaveLength(round);
      if (round < 3) await clock.advance(5 * minute);
    }
    const pushes = to.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'));
    expect(pushes).toHaveLength(8);
    const demands = await Promise.allSettled([hubA, hubB, hubA, hubB].map(({ services }) => services.syncRules.run(ana, 'rule0', 'run')));
    expect(demands.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
    await settled(hubA, 4, 'rule0');
  });
});
