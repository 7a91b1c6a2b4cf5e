import { describe, expect, it } from 'vitest';
import { changedTags } from '../../src/distribution/sync/changes.ts';
import type { SyncItem } from '../../src/distribution/sync/types.ts';
import type { SyncProgress } from '../../src/distribution/sync/world.ts';
import { buildImage, buildIndex, buildSignature, type BuiltContent, FakeClock, status } from '../../src/testing/index.ts';
import { imageOf, isWhole } from '../copy/copy-world.ts';
import { syncBench } from './sync-world.ts';

const image = (text: string): BuiltContent => buildImage({ layers: [{ files: { base: 'shared\n' } }, { files: { own: text } }] });
const line = ({ action, outcome, source, destination }: SyncItem) =>
  `${action} ${outcome} ${source ? `${source.repository}:${source.tag} → ` : ''}${destination.repository}:${destination.tag}`;

describe('a sync rule', () => {
  it('brings what it chooses where its rules say, and leaves the rest', async () => {
    await using bench = await syncBench();
    for (const repository of ['shop/api', 'shop/web', 'shop/test-x', 'other/app']) {
      for (const tag of ['1.0.0', '1.1.0', '2.0.0', 'main']) bench.from.put(repository, image(`${repository} ${tag}`), tag);
    }
    const report = await bench.run({
      source: { repositories: ['shop/*'], exclude: ['shop/test-*'], tags: { include: ['>=1.1'], newest: { count: 1, by: 'version' } } },
      destination: { repository: 'mirror/{repository/shop/prod}', tag: '{tag}-eu' },
    });
    expect(report.items.map(line).sort()).toEqual([
      'copy done shop/api:2.0.0 → mirror/prod/api:2.0.0-eu',
      'copy done shop/web:2.0.0 → mirror/prod/web:2.0.0-eu',
    ]);
    expect(report.counts).toMatchObject({ repositories: 2, tags: 2, copied: 2, failed: 0, skipped: 0, deleted: 0 });
    expect(bench.to.content.repositories()).toEqual(['mirror/prod/api', 'mirror/prod/web']);
    expect(isWhole(bench.to, 'mirror/prod/api', image('shop/api 2.0.0'))).toBe(true);
    expect(bench.to.content.tags('mirror/prod/web')).toEqual(['2.0.0-eu']);
  });

  it('costs one HEAD a side and tag when nothing has changed', async () => {
    await using bench = await syncBench();
    for (let i = 0; i < 60; i++) bench.from.put(`shop/${'abc'[i % 3]}`, image(`${i}`), `1.${i}`);
    await bench.run({ source: { repositories: ['shop/*'] } });
    bench.asked('from');
    bench.asked('to');
    const again = await bench.run({ source: { repositories: ['shop/*'] } });
    expect(again.counts).toMatchObject({ tags: 60, unchanged: 60, copied: 0, bytes: { moved: 0 } });
    expect(bench.asked('from')).toEqual({ 'GET /v2/_catalog 200': 1, 'GET tags 200': 3, 'HEAD manifests 200': 60 });
    expect(bench.asked('to')).toEqual({ 'HEAD manifests 200': 60 });
    expect(again.counts.requests).toEqual({ source: 64, destination: 60 });
  });

  it('needs no list of repositories when they are named', async () => {
    await using bench = await syncBench({ from: { catalog: false } });
    bench.from.put('shop/api', image('a'), '1');
    expect((await bench.run({ source: { repositories: ['shop/api'] } })).counts.copied).toBe(1);
    await expect(bench.run({ source: { repositories: ['shop/*'] } })).rejects.toThrow();
  });

  it('plans what a run then does, and writes nothing', async () => {
    await using bench = await syncBench();
    for (const tag of ['1', '2', '3']) bench.from.put('shop/api', image(tag), tag);
    bench.from.put('shop/web', image('web'), '1');
    bench.to.put('shop/api', image('1'), '1');
    const spec = { source: { repositories: ['shop/*'] } };
    const planned = await bench.plan(spec);
    expect(Object.keys(bench.asked('to')).every((one) => /^(GET|HEAD)/.test(one))).toBe(true);
    expect(planned.items.map(line).sort()).toEqual([
      'copy planned shop/api:2 → shop/api:2',
      'copy planned shop/api:3 → shop/api:3',
      'copy planned shop/web:1 → shop/web:1',
    ]);
    bench.asked('from');
    const done = await bench.run(spec);
    expect(done.counts.bytes).toEqual(planned.counts.bytes);
    expect(done.counts.copied).toBe(planned.counts.copied);
    expect(done.counts.unchanged).toBe(1);
    expect(planned.counts.requests.destination).toBe(done.counts.requests.destination);
    expect(planned.counts.requests.source).toBe(done.counts.requests.source);
  });

  it('moves a layer that many repositories have once', async () => {
    await using bench = await syncBench();
    const base = imageOf([300_000]);
    const blob = base.blobs.at(-1);
    for (let i = 0; i < 8; i++) bench.from.put(`shop/a${i}`, base, '1');
    const report = await bench.run({ source: { repositories: ['shop/*'] } });
    expect(report.counts.copied).toBe(8);
    expect(report.counts.bytes.moved).toBeLessThan((blob?.length ?? 0) * 1.5);
    expect(bench.asked('from')['GET blobs 200']).toBe(2);
  });

  it('goes on when a tag fails, and says which and why', async () => {
    await using bench = await syncBench();
    for (const tag of ['1', '2', '3']) bench.from.put('shop/api', image(tag), tag);
    bench.from.faults.add({ path: '/manifests/2', times: Infinity }, status(403));
    const seen: SyncItem[] = [];
    const report = await bench.run({ source: { repositories: ['shop/api', 'shop/gone'] } }, { onItem: (item) => seen.push(item) });
    expect(report.counts).toMatchObject({ copied: 2, failed: 2 });
    expect(report.items.slice(0, 2).map(line)).toEqual(['skip failed shop/gone:* → shop/gone:*', 'copy failed shop/api:2 → shop/api:2']);
    expect(report.items[1]).toMatchObject({ reason: expect.stringContaining('Reading from'), code: expect.any(String) });
    expect(seen).toHaveLength(4);
    expect(bench.to.content.tags('shop/api')).toEqual(['1', '3']);
  });

  it('tries no further when the sign-in is refused', async () => {
    await using bench = await syncBench({ from: { auth: { kind: 'token', users: { ci: 'secret' } } } });
    for (let i = 0; i < 30; i++) bench.from.put('shop/api', image(`${i}`), `${i}`);
    const report = await bench.run({ source: { repositories: ['shop/api'] } }, { parallelTags: 2 });
    expect(report.counts.copied).toBe(0);
    expect(report.counts.failed).toBeGreaterThan(0);
    expect(bench.from.requests.length).toBeLessThan(20);
  });

  it('leaves the reserve of a quota alone and says what it did not try', async () => {
    await using bench = await syncBench({ from: { rateLimit: { limit: 10, window: 21_600 } } });
    for (let i = 0; i < 12; i++) bench.from.put('shop/api', image(`${i}`), `${i}`);
    const report = await bench.run({ source: { repositories: ['shop/api'] }, settings: { quotaReserve: 5 } }, { parallelTags: 1 });
    expect(report.counts.quota).toMatchObject({ cost: 5, remaining: 5, limit: 10 });
    expect(report.counts).toMatchObject({ copied: 5, failed: 1, skipped: 6 });
    const skipped = report.items.find(({ action }) => action === 'skip');
    expect(skipped).toMatchObject({ outcome: 'kept', code: 'quota_reserved', reason: expect.stringContaining('Not tried: ') });
  });

  it('lets neither of two sources for one tag through', async () => {
    await using bench = await syncBench();
    bench.from.put('eu/api', image('eu'), '1');
    bench.from.put('us/api', image('us'), '1', '2');
    const report = await bench.run({ source: { repositories: ['*/api'] }, destination: { repository: '{name}' } });
    expect(report.items.map(line)).toEqual(['skip kept eu/api:1 → api:1', 'skip kept us/api:1 → api:1', 'copy done us/api:2 → api:2']);
    expect(report.items[0]).toMatchObject({ code: 'sync_conflict', reason: expect.stringContaining('eu/api:1, us/api:1') });
    expect(bench.to.content.tags('api')).toEqual(['2']);
  });

  it('takes tags of one image for one where the rule makes tags of digests', async () => {
    await using bench = await syncBench();
    bench.from.put('shop/api', image('a'), '1', 'latest');
    bench.from.put('shop/api', image('b'), '2');
    const report = await bench.run({ source: { repositories: ['shop/api'] }, destination: { tag: 'd-{digest:12}' } });
    expect(report.counts).toMatchObject({ tags: 3, copied: 2, unchanged: 1, skipped: 0 });
    expect(bench.to.content.tags('shop/api')).toEqual([image('a'), image('b')].map(({ digest }) => `d-${digest.slice(7, 19)}`).sort());
  });

  it('brings only some platforms and what refers to an image where it is told so', async () => {
    await using bench = await syncBench();
    const index = buildIndex({ manifests: ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) => imageOf([1000], platform)) });
    const [amd64] = index.children;
    bench.from.put('shop/api', index, '1');
    if (amd64) bench.from.put('shop/api', buildSignature(amd64));
    const spec = { source: { repositories: ['shop/api'] }, settings: { platforms: ['linux/amd64'], referrers: true } };
    await bench.run(spec);
    expect(bench.to.content.manifest('shop/api', '1')?.digest).toBe(amd64?.digest);
    expect(bench.to.content.referrers('shop/api', amd64?.digest ?? '')).toHaveLength(1);
    expect((await bench.run(spec)).counts).toMatchObject({ unchanged: 1, copied: 0 });
  });

  it('chooses nothing from a listing of tags that broke off', async () => {
    await using bench = await syncBench({ from: { maxPageSize: 2 } });
    for (const tag of ['1', '2', '3', '4', '5']) bench.from.put('shop/api', image(tag), tag);
    bench.from.put('shop/web', image('web'), '1');
    bench.from.faults.add({ path: /api\/tags\/list\?.*last=/, times: Infinity }, status(403));
    const report = await bench.run({ source: { repositories: ['shop/api', 'shop/web'] } });
    expect(report.partial).toEqual([{ repository: 'shop/api', reason: expect.stringContaining('403') }]);
    expect(report.counts).toMatchObject({ copied: 1, failed: 1 });
    expect(bench.to.content.repositories()).toEqual(['shop/web']);
  });

  it('ends at once when it is canceled, and goes on with what is missing', async () => {
    await using bench = await syncBench();
    for (let i = 0; i < 20; i++) bench.from.put('shop/api', imageOf([20_000]), `${i}`);
    const held = Promise.withResolvers<void>();
    bench.from.faults.add({ method: 'GET', path: '/blobs/', skip: 6, times: Infinity }, { hold: held.promise });
    const controller = new AbortController();
    let last: SyncProgress | undefined;
    const running = bench.run(
      { source: { repositories: ['shop/api'] } },
      {
        signal: controller.signal,
        onProgress: (progress) => {
          last = structuredClone(progress);
          if (progress.tags.done === 2) controller.abort();
        },
      },
    );
    await expect(running).rejects.toThrow();
    held.resolve();
    bench.from.faults.clear();
    expect(last?.phase).toBe('tags');
    expect(last?.tags.total).toBe(20);
    expect(last?.counts.copied).toBeGreaterThanOrEqual(2);
    for (const tag of bench.to.content.tags('shop/api')) expect(bench.to.content.manifest('shop/api', tag)).toBeDefined();
    const again = await bench.run({ source: { repositories: ['shop/api'] } });
    expect(again.counts.unchanged + again.counts.copied).toBe(20);
    expect(again.counts.unchanged).toBeGreaterThanOrEqual(2);
  });

  it('asks once for uploads to take up, and tells of those that begin', async () => {
    await using bench = await syncBench();
    bench.from.put('shop/api', imageOf([50_000]), '1');
    bench.from.put('shop/api', imageOf([50_000]), '2');
    const asked: string[] = [];
    const told = new Set<string>();
    await bench.run(
      { source: { repositories: ['shop/api'] }, destination: { repository: 'mirror/{name}' } },
      { resume: (repository) => (asked.push(repository), new Map()), onUpload: (repository) => told.add(repository) },
    );
    expect(asked).toEqual(['mirror/api']);
    expect([...told]).toEqual(['mirror/api']);
  });

  it('says what is wrong with a rule at its fields, before anything is asked', async () => {
    await using bench = await syncBench();
    const wrong = bench.run({
      source: { repositories: ['Shop/*'], tags: { include: ['/(/'] } },
      destination: { repository: '{service}/x', tag: '{tag' },
      mode: 'mirror',
      deletionLimit: 101,
      schedule: { every: '1s' },
      settings: { platforms: ['linux'], bandwidth: 1 },
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid_settings',
      fields: [
        { field: 'source.repositories.0' },
        { field: 'source.tags.include.0' },
        { field: 'destination.repository' },
        { field: 'destination.tag' },
        { field: 'settings.bandwidth' },
        { field: 'schedule.every' },
        { field: 'deletionLimit' },
      ].map((one) => expect.objectContaining(one)),
    });
    expect(bench.from.requests).toEqual([]);
  });
});

describe('changes of a source', () => {
  const spec = (mode: 'one-way' | 'mirror' = 'one-way') => ({
    source: { registry: 'from', repositories: ['shop/*'] },
    destination: { registry: 'to' },
    mode,
  });

  it('are found by one HEAD a tag: new, moved, and gone where it matters', async () => {
    await using bench = await syncBench();
    for (const tag of ['1', '2', '3']) bench.from.put('shop/api', image(tag), tag);
    const first = await changedTags(spec(), bench.world, []);
    expect(first.changed).toBe(true);
    expect(first.seen).toHaveLength(3);
    bench.asked('from');
    expect(await changedTags(spec(), bench.world, first.seen)).toEqual({ changed: false, isWhole: true, seen: expect.any(Array) });
    expect(bench.asked('from')).toEqual({ 'GET /v2/_catalog 200': 1, 'GET tags 200': 1, 'HEAD manifests 200': 3 });
    bench.from.put('shop/api', image('new'), '2');
    const moved = await changedTags(spec(), bench.world, first.seen);
    expect(moved.changed).toBe(true);
    expect((await changedTags(spec(), bench.world, moved.seen)).changed).toBe(false);
    bench.from.content.deleteTag('shop/api', '3');
    expect((await changedTags(spec(), bench.world, moved.seen)).changed).toBe(false);
    expect((await changedTags(spec('mirror'), bench.world, moved.seen)).changed).toBe(true);
  });

  it('cost nothing more where the listing tells digests', async () => {
    await using bench = await syncBench({
      source: () => ({
        listTagInfo: async function* () {
          yield [{ name: '1', digest: image('1').digest }];
        },
      }),
    });
    bench.from.put('shop/api', image('1'), '1');
    const { seen } = await changedTags(spec(), bench.world, []);
    expect(seen).toEqual([{ repository: 'shop/api', tag: '1', digest: image('1').digest }]);
    expect(bench.asked('from')).toEqual({ 'GET /v2/_catalog 200': 1 });
  });

  it('are not seen in what cannot be read, and what was seen is remembered', async () => {
    await using bench = await syncBench();
    bench.from.put('shop/api', image('1'), '1', '2');
    bench.from.put('shop/web', image('2'), '1');
    const { seen } = await changedTags(spec('mirror'), bench.world, []);
    bench.from.faults.add({ path: '/shop/api/tags/', times: Infinity }, status(403));
    bench.from.faults.add({ path: '/shop/web/manifests/', times: Infinity }, status(403));
    const after = await changedTags(spec('mirror'), bench.world, seen);
    expect(after).toMatchObject({ changed: false, isWhole: false });
    expect(new Set(after.seen)).toEqual(new Set(seen));
  });
});

describe('the time of a rule', () => {
  it('is that of the world it runs in', async () => {
    const clock = new FakeClock(Date.UTC(2026, 10, 21, 23, 59));
    await using bench = await syncBench({
      world: { clock },
      source: () => ({
        listTagInfo: async function* () {
          yield [
            { name: 'old', pushedAt: clock.now() - 3 * 86_400_000 },
            { name: 'new', pushedAt: clock.now() - 3600_000 },
          ];
        },
      }),
    });
    bench.from.put('shop/api', image('1'), 'old', 'new');
    await bench.run({ source: { repositories: ['shop/api'], tags: { pushedWithin: '1d' } }, destination: { tag: '{tag}-{date}' } });
    expect(bench.to.content.tags('shop/api')).toEqual(['new-20261121']);
  });
});
