import { describe, expect, it } from 'vitest';
import { BlobKnowledge, copy, type CopyOptions, copyTags, CopyError, RepositoryTarget, RegistryClient } from '../../src/oci/index.ts';
import { buildArtifact, buildIndex, FakeClock, startRegistry, status, tooManyRequests } from '../../src/testing/index.ts';
import { copyWorld, imageOf } from './copy-world.ts';

const image = imageOf([200_000, 3000]);
const index = buildIndex({ manifests: [imageOf([4000]), imageOf([5000], 'linux/arm64')] });

type World = Awaited<ReturnType<typeof copyWorld>>;

/** What the registries saw, by the kinds that a result tells of. */
function seen(world: World) {
  const of = (side: 'from' | 'to') => {
    const entries = world[side].requests.map(({ method, path }) => ({ method, path: path.split('?')[0] ?? '' }));
    const count = (holds: (entry: { method: string; path: string }) => boolean) => entries.filter(holds).length;
    return {
      total: entries.length,
      heads: count(({ method }) => method === 'HEAD'),
      manifests: count(({ method, path }) => method === 'GET' && path.includes('/manifests/')),
      blobs: count(({ method, path }) => method === 'GET' && /\/blobs\/sha256:/.test(path)),
      writes: count(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method)),
    };
  };
  return { source: of('from'), destination: of('to') };
}

function forget(world: World): void {
  world.from.requests.splice(0);
  world.to.requests.splice(0);
}

describe('the requests of a plan are those of the copy', () => {
  const cases: [string, (world: World) => void, CopyOptions, number?][] = [
    ['an image', ({ from }) => from.put('shop/api', image, '1'), {}],
    ['an index', ({ from }) => from.put('shop/api', index, '1'), {}],
    ['one platform of it', ({ from }) => from.put('shop/api', index, '1'), { platforms: [{ os: 'linux', architecture: 'arm64' }] }],
    [
      'what is there already',
      ({ from, to }) => {
        from.put('shop/api', image, '1');
        to.put('prod/api', image, '1');
      },
      {},
    ],
    [
      'what is there under another tag',
      ({ from, to }) => {
        from.put('shop/api', image, '1');
        to.put('prod/api', image, 'other');
      },
      {},
    ],
    ['blobs in pieces', ({ from }) => from.put('shop/api', image, '1'), {}, 64 * 1024],
    [
      'referrers',
      ({ from }) => {
        from.put('shop/api', image, '1');
        from.put('shop/api', buildArtifact({ artifactType: 'application/vnd.acme.report', subject: image }));
      },
      { referrers: true },
    ],
  ];

  it.each(cases)('%s', async (_what, fill, options, chunkSize) => {
    await using world = await copyWorld(chunkSize === undefined ? {} : { chunkSize });
    fill(world);
    const planned = await world.copy({ ...options, plan: true });
    expect(world.to.requests.filter(({ method }) => method !== 'HEAD' && method !== 'GET')).toEqual([]);
    forget(world);
    const done = await world.copy(options);
    expect(done.requests).toEqual(seen(world));
    expect(planned).toEqual(done);
  });

  it('of many tags that share layers', async () => {
    await using world = await copyWorld();
    const tags = ['a', 'b', 'c'];
    world.from.put('shop/api', image, ...tags);
    const planned = await copyTags(world.source(), world.destination(), tags, { plan: true, parallelTags: 1 });
    const done = await copyTags(world.source(), world.destination(), tags, { parallelTags: 1 });
    expect(planned).toMatchObject({ bytes: { moved: done.bytes.moved }, blobs: { uploaded: done.blobs.uploaded } });
    // That the manifest of the first tag is there for the others is not foreseen.
    expect(planned.requests.destination.total).toBeGreaterThanOrEqual(done.requests.destination.total);
  });

  it('between repositories of one registry: mounts, no bytes', async () => {
    await using world = await copyWorld();
    world.to.put('shop/api', image, '1');
    const from = world.destination('shop/api');
    const knowledge = () => ({ knowledge: new BlobKnowledge() });
    const planned = await copy(from, '1', world.destination(), ['1'], { plan: true, ...knowledge() });
    const done = await copy(from, '1', world.destination(), ['1'], knowledge());
    expect(planned).toEqual(done);
    expect(done).toMatchObject({ blobs: { mounted: 3 }, bytes: { moved: 0 }, requests: { destination: { writes: 4 } } });
  });
});

it('counts repetitions, and not those that sign in', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  world.from.faults.add({ method: 'GET', path: '/manifests/' }, status(503));
  const done = await world.copy();
  expect(done.requests.source.manifests).toBe(2);
  expect(done.requests).toEqual(seen(world));
});

it('what lies on disk costs no requests', async () => {
  const { OciLayout } = await import('../../src/oci/index.ts');
  const { temporaryDirectory } = await import('../support/temporary.ts');
  await using directory = await temporaryDirectory('tagboat-plan');
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const layout = new OciLayout(directory.path);
  const none = { total: 0, heads: 0, manifests: 0, blobs: 0, writes: 0 };
  const planned = await copy(world.source(), '1', layout, ['1'], { plan: true });
  const done = await copy(world.source(), '1', layout, ['1']);
  expect(done.requests).toEqual({ source: { total: 5, heads: 1, manifests: 1, blobs: 3, writes: 0 }, destination: none });
  expect(planned.requests).toEqual(done.requests);
  await layout.close();
});

describe('a quota of the source', () => {
  async function limited(limit: number, window: number) {
    const clock = new FakeClock(Date.parse('2026-11-21T08:00:00Z'));
    const from = await startRegistry({ rateLimit: { limit, window }, clock });
    const to = await startRegistry();
    const reader = new RegistryClient({ url: from.url, clock, retries: 0 });
    const writer = new RegistryClient({ url: to.url });
    return {
      from,
      to,
      clock,
      source: () => new RepositoryTarget(reader.repository('shop/api')),
      destination: () => new RepositoryTarget(writer.repository('prod/api')),
      async [Symbol.asyncDispose]() {
        await Promise.all([reader.close(), writer.close()]);
        await Promise.all([from.close(), to.close()]);
      },
    };
  }

  it('is told, with what the copy costs of it', async () => {
    await using world = await limited(10, 21_600);
    world.from.put('shop/api', index, '1');
    const { clock } = world;
    const planned = await copy(world.source(), '1', world.destination(), ['1'], { plan: true, clock });
    expect(planned.quota).toEqual({ limit: 10, remaining: 7, window: 21_600, at: clock.now(), cost: 3 });
    const done = await copy(world.source(), '1', world.destination(), ['1'], { clock });
    expect(done.quota).toMatchObject({ remaining: 4, cost: 3 });
  });

  it('is not used up: the copy ends before, and says when it may go on', async () => {
    await using world = await limited(4, 21_600);
    for (const tag of ['1', '2', '3']) world.from.put('shop/api', imageOf([1000]), tag);
    const errors: unknown[] = [];
    const total = await copyTags(world.source(), world.destination(), ['1', '2', '3'], {
      quotaReserve: 2,
      parallelTags: 1,
      clock: world.clock,
      onTag: (_tag, outcome) => 'error' in outcome && errors.push(outcome.error),
    });
    expect(total).toMatchObject({ copied: 2, failed: 1, quota: { remaining: 2, cost: 2 } });
    expect(errors).toEqual([expect.any(CopyError)]);
    expect(errors[0]).toMatchObject({
      code: 'quota_reserved',
      side: 'source',
      retry: 'backoff',
      message: expect.stringContaining(
        '2 of 4 requests were left at 2026-11-21 08:00 UTC, and 2 are kept in reserve; all of them are there again by 2026-11-21 14:00 UTC',
      ),
      cause: { retryAfter: 21_600_000 },
      context: { resetsAt: '2026-11-21T14:00:00.000Z' },
    });
    // The window is over: what was read of it says nothing any more.
    await world.clock.advance(21_600_000);
    const later = await copyTags(world.source(), world.destination(), ['3'], { quotaReserve: 2, clock: world.clock });
    expect(later).toMatchObject({ copied: 1 });
  });

  it('holds for copies that run together: what is being asked for counts', async () => {
    await using world = await limited(6, 21_600);
    const tags = Array.from({ length: 12 }, (_, i) => `v${i}`);
    for (const tag of tags) world.from.put('shop/api', imageOf([500]), tag);
    const total = await copyTags(world.source(), world.destination(), tags, { parallelTags: 12, clock: world.clock });
    expect(total).toMatchObject({ copied: 6, failed: 6 });
    expect(world.from.requests.filter((entry) => entry.status === 429)).toEqual([]);
  });

  it('of a few seconds is waited for, as 429 asks', async () => {
    await using world = await limited(1, 30);
    world.from.put('shop/api', image, '1');
    await copy(world.source(), '1', world.destination(), ['1'], { clock: world.clock });
    world.from.put('shop/api', imageOf([1000]), '1');
    await expect(copy(world.source(), '1', world.destination(), ['1'], { clock: world.clock })).rejects.toMatchObject({
      code: 'registry_rate_limited',
    });
  });

  it('costs nothing where nothing changed', async () => {
    await using world = await limited(1, 21_600);
    world.from.put('shop/api', image, '1');
    world.to.put('prod/api', image, '1');
    const { clock } = world;
    for (let i = 0; i < 3; i++) {
      expect(await copy(world.source(), '1', world.destination(), ['1'], { clock, quotaReserve: 1 })).toMatchObject({
        outcome: 'unchanged',
        quota: { cost: 0, remaining: 1 },
      });
    }
  });
});

it('a registry that says nothing of a quota has none in the result', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  world.from.faults.add({ method: 'GET', path: '/manifests/' }, tooManyRequests(0));
  expect(await world.copy({ quotaReserve: 50 })).not.toHaveProperty('quota');
});
