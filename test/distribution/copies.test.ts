import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildImage, buildIndex, status } from '../../src/testing/index.ts';
import { type CopiesWorld, imageOf, source, startCopiesWorld } from './copies-world.ts';

let world: CopiesWorld;

beforeAll(async () => {
  world = await startCopiesWorld();
});
beforeEach(() => {
  world.from.faults.clear();
  world.to.faults.clear();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Blobs that were sent to a registry: closing PUTs, with their digests. */
const sentTo = (registry: CopiesWorld['to'], repository: string) =>
  registry.requests
    .filter(({ method, path }) => method === 'PUT' && path.includes(`/${repository}/blobs/uploads/`))
    .map(({ path }) => new URL(path, 'http://registry').searchParams.get('digest'));

describe('a copy that the hub makes', () => {
  it('goes to several destinations at once, under names and tags that rules make', async () => {
    const image = imageOf(2000, 3000);
    world.from.put('shop/api', image, '1.0');
    const started = await world.start({
      destinations: [
        { registry: 'to', repository: 'prod/{name}', tags: ['{tag}', '{tag}-{service}-{digest:12}'] },
        { registry: 'to', repository: 'mirror/{repository}' },
      ],
      variables: { service: 'web' },
    });
    const digestTag = `1.0-web-${image.digest.slice(7, 19)}`;
    expect(started.map(({ destination }) => destination)).toMatchObject([
      { registry: 'to', repository: 'prod/api', tags: ['1.0', digestTag] },
      { registry: 'to', repository: 'mirror/shop/api', tags: ['1.0'] },
    ]);
    expect(new Set(started.map(({ group }) => group)).size).toBe(1);
    const ended = await Promise.all(started.map(({ id }) => world.ended(id)));
    for (const copy of ended) {
      expect(copy).toMatchObject({ state: 'done', attempts: 1, result: { digest: image.digest, outcome: 'copied' } });
      expect(copy.progress).toMatchObject({ blobs: { total: 3, done: 3 }, active: [] });
    }
    expect(world.to.content.tags('prod/api')).toEqual(['1.0', digestTag]);
    expect(world.to.content.tags('mirror/shop/api')).toEqual(['1.0']);
  });

  it('says that nothing was to be done, and costs no byte, when it is there', async () => {
    const image = imageOf(1000);
    world.from.put('shop/same', image, '1.0');
    const ask = { source: { ...source, repository: 'shop/same' }, destinations: [{ registry: 'to' }] };
    const [first] = await world.start(ask);
    await world.ended(first?.id ?? '');
    const [second] = await world.start(ask);
    expect(await world.ended(second?.id ?? '')).toMatchObject({ state: 'done', result: { outcome: 'unchanged', bytes: { moved: 0 } } });
    expect(sentTo(world.to, 'shop/same')).toHaveLength(2);
  });

  it('takes only the platforms that are asked for, and says that the index is another one', async () => {
    const platforms = ['linux/amd64', 'linux/arm64', 'linux/s390x'];
    const index = buildIndex({ manifests: platforms.map((platform) => buildImage({ platform })) });
    world.from.put('shop/multi', index, '1.0');
    const [started] = await world.start({
      source: { ...source, repository: 'shop/multi' },
      destinations: [{ registry: 'to' }],
      settings: { platforms: ['linux/amd64', 'linux/arm64'] },
    });
    const copy = await world.ended(started?.id ?? '');
    expect(copy).toMatchObject({ state: 'done', result: { rebuilt: true }, settings: { platforms: ['linux/amd64', 'linux/arm64'] } });
    expect(copy.result?.digest).not.toBe(index.digest);
    expect(copy.progress?.notes.join()).toContain('The index is rebuilt');
  });

  it('shows in the catalog at once', async () => {
    const { administrator } = world.test;
    const list = async () => {
      const url = '/api/v1/registries/to/repositories/shop%2Fseen/tags?details=true';
      const answer = await world.test.request({ url, as: administrator });
      return answer.json<{ items: { name: string; digest: string }[] }>().items?.map(({ name, digest }) => [name, digest]);
    };
    const repositories = async () => {
      const answer = await world.test.request({ url: '/api/v1/registries/to/repositories?q=fresh', as: administrator });
      return answer.json<{ items: { name: string }[] }>().items.map(({ name }) => name);
    };
    const old = imageOf(10);
    world.to.put('shop/seen', old, '1.0');
    expect(await list()).toEqual([['1.0', old.digest]]);
    expect(await repositories()).toEqual([]);
    const next = imageOf(20);
    world.from.put('shop/seen', next, '1.0');
    const started = await world.start({
      source: { ...source, repository: 'shop/seen' },
      destinations: [
        { registry: 'to', tags: ['1.0', '1.1'] },
        { registry: 'to', repository: 'shop/fresh' },
      ],
    });
    await Promise.all(started.map(({ id }) => world.ended(id)));
    expect(await list()).toEqual([
      ['1.1', next.digest],
      ['1.0', next.digest],
    ]);
    expect(await repositories()).toEqual(['shop/fresh']);
  });

  it('is on record: who asked for it, and what became of it', async () => {
    world.from.put('shop/record', imageOf(10), '1.0');
    const [copy] = await world.start({ source: { ...source, repository: 'shop/record' }, destinations: [{ registry: 'to' }] });
    await world.ended(copy?.id ?? '');
    const answer = await world.test.request({ url: `/api/v1/audit?target=${copy?.id}`, as: world.test.administrator });
    expect(answer.json<{ items: object[] }>().items).toMatchObject([
      { action: 'copy.finish', outcome: 'ok', actor: { kind: 'system' } },
      {
        action: 'copy.start',
        actor: { kind: 'user', name: 'ana' },
        target: { kind: 'copy', name: '“to” shop/record' },
        detail: '“from” shop/record:1.0 to “to” shop/record:1.0',
      },
    ]);
  });
});

describe('the metrics of the hub', () => {
  it('tell how many copies wait and run, and how they ended', async () => {
    world.from.put('shop/counted', imageOf(10), '1.0');
    const [copy] = await world.start({ source: { ...source, repository: 'shop/counted' }, destinations: [{ registry: 'to' }] });
    await world.ended(copy?.id ?? '');
    const { body } = await world.test.request({ url: '/metrics' });
    expect(body).toMatch(/^tagboat_copies_ended_total\{state="done"\} [1-9]/m);
    expect(body).toMatch(/^tagboat_copies\{state="queued"\} 0$/m);
    expect(body).toMatch(/^tagboat_copies\{state="running"\} 0$/m);
  });
});

describe('what fails', () => {
  it('says on which side, why and what to do', async () => {
    const [copy] = await world.start({ source: { ...source, reference: 'no-such' }, destinations: [{ registry: 'to' }] });
    const ended = await world.ended(copy?.id ?? '');
    expect(ended).toMatchObject({ state: 'failed', attempts: 1, failure: { code: 'registry_not_found', side: 'source' } });
    expect(ended.failure?.help).toContain('Check repository and tag');
    const answer = await world.test.request({ url: `/api/v1/audit?target=${copy?.id}&action=copy.finish`, as: world.test.administrator });
    expect(answer.json<{ items: object[] }>().items).toMatchObject([{ outcome: 'registry_not_found' }]);
  });

  it('is tried again by itself where that may help, and says when', async () => {
    world.from.put('shop/busy', imageOf(10), '1.0');
    world.to.faults.add(
      { method: 'PUT', path: '/manifests/', times: Number.POSITIVE_INFINITY },
      status(503, undefined, { 'retry-after': '3600' }),
    );
    const [started] = await world.start({ source: { ...source, repository: 'shop/busy' }, destinations: [{ registry: 'to' }] });
    const waiting = await world.until(started?.id ?? '', ({ nextAttemptAt }) => nextAttemptAt !== undefined);
    expect(waiting).toMatchObject({ state: 'queued', attempts: 1, failure: { code: 'registry_unavailable', side: 'destination' } });
    expect(Date.parse(waiting.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(3_000_000);
    expect((await world.post(`/copies/${waiting.id}/cancel`)).json()).toMatchObject({ state: 'canceled' });
  });

  it('can be tried again by a person, as a new copy that names the old one', async () => {
    const ask = {
      source: { ...source, repository: 'shop/late' },
      destinations: [{ registry: 'to', tags: ['a', 'b'] }],
      settings: { referrers: true },
    };
    const [copy] = await world.start(ask);
    await world.ended(copy?.id ?? '');
    world.from.put('shop/late', imageOf(10), '1.0');
    const answer = await world.post(`/copies/${copy?.id}/retry`);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      cause: 'retry',
      retryOf: copy?.id,
      destination: { tags: ['a', 'b'] },
      settings: { referrers: true },
    });
    const again = await world.ended(answer.json<{ id: string }>().id);
    expect(again.state).toBe('done');
    expect((await world.post(`/copies/${again.id}/retry`)).json()).toMatchObject({ code: 'conflict', status: 409 });
  });
});

describe('what is asked for wrongly', () => {
  const to = { registry: 'to' };
  it.each<[string, object, string]>([
    ['a source that is not connected', { source: { ...source, registry: 'nowhere' }, destinations: [to] }, 'source.registry'],
    ['a destination that is not connected', { destinations: [to, { registry: 'nowhere' }] }, 'destinations.1.registry'],
    ['no destination', { destinations: [] }, 'destinations'],
    ['a name that is none', { source: { ...source, repository: 'Shop' }, destinations: [to] }, 'source.repository'],
    ['neither a tag nor a digest', { source: { ...source, reference: '-' }, destinations: [to] }, 'source.reference'],
    ['a rule that cannot be read', { destinations: [{ ...to, tags: ['ok', '{tag'] }] }, 'destinations.0.tags.1'],
    ['a rule without a value', { destinations: [{ ...to, tags: ['{service}'] }] }, 'destinations.0.tags.0'],
    ['a rule for a name that makes none', { destinations: [{ ...to, repository: 'Shop/{name}' }] }, 'destinations.0.repository'],
    ['an image onto itself', { destinations: [to, { registry: 'from' }] }, 'destinations.1'],
    ['one place twice', { destinations: [to, { ...to, tags: ['x'] }, { ...to, tags: ['1.0'] }] }, 'destinations.2'],
    ['a platform that is none', { destinations: [to], settings: { platforms: ['linux'] } }, 'settings.platforms.0'],
    ['51 destinations', { destinations: Array.from({ length: 51 }, (_, i) => ({ ...to, tags: [`t${i}`] })) }, 'destinations'],
  ])('%s is refused at its field, before anything is written', async (_name, body, field) => {
    const count = async () =>
      (await world.test.request({ url: '/api/v1/copies?limit=1', as: world.test.administrator })).json<{ total: number }>().total;
    const before = await count();
    for (const path of ['/copies', '/copies/plan']) {
      const answer = await world.post(path, { source, ...body });
      expect(answer.json()).toMatchObject({ code: 'invalid_settings', status: 422 });
      expect(answer.json<{ fields: { field: string }[] }>().fields.map((one) => one.field)).toContain(field);
    }
    expect(await count()).toBe(before);
  });

  it('a source that does not have what a rule needs the digest of is told at once', async () => {
    const answer = await world.post('/copies', {
      source: { ...source, reference: 'none' },
      destinations: [{ ...to, tags: ['{digest:12}'] }],
    });
    expect(answer.json()).toMatchObject({ code: 'registry_not_found', status: 502 });
    expect(answer.json<{ detail: string }>().detail).toContain('Reading from');
  });

  it('says all that is wrong at once', async () => {
    const answer = await world.post('/copies', {
      source: { ...source, registry: 'nowhere' },
      destinations: [{ ...to, tags: ['{'] }, { registry: 'no' }],
    });
    expect(answer.json<{ fields: object[] }>().fields).toHaveLength(3);
  });
});

describe('a plan', () => {
  it('says what would be moved to each destination, and writes nothing', async () => {
    const image = imageOf(50_000, 70_000);
    world.from.put('plan/app', image, '1.0');
    world.to.put('plan/there', image, '1.0');
    const answer = await world.post('/copies/plan', {
      source: { ...source, repository: 'plan/app' },
      destinations: [{ registry: 'to' }, { registry: 'to', repository: 'plan/there' }],
    });
    expect(answer.statusCode).toBe(200);
    const { items } = answer.json<{ items: { result: { bytes: { moved: number } } }[] }>();
    expect(items).toMatchObject([
      {
        destination: { repository: 'plan/app', tags: ['1.0'] },
        result: { outcome: 'copied', blobs: { uploaded: 3 }, digest: image.digest },
      },
      { destination: { repository: 'plan/there' }, result: { outcome: 'unchanged', bytes: { moved: 0 } } },
    ]);
    expect(items[0]?.result.bytes.moved).toBeGreaterThan(120_000);
    expect(world.to.content.has('plan/app')).toBe(false);
  });

  it('of names alone asks no registry', async () => {
    const asked = world.from.requests.length;
    const answer = await world.post('/copies/plan?names=true', {
      source: { ...source, repository: 'plan/never' },
      destinations: [{ registry: 'to', repository: 'prod/{name}', tags: ['{tag}-x'] }],
    });
    expect(answer.json()).toEqual({
      items: [{ source: expect.anything(), destination: expect.objectContaining({ repository: 'prod/never', tags: ['1.0-x'] }) }],
    });
    expect(world.from.requests.length).toBe(asked);
  });

  it('of several destinations says which one cannot be looked at', async () => {
    world.from.put('plan/some', imageOf(10), '1.0');
    world.to.faults.add({ path: '/v2/plan/refused/', times: Number.POSITIVE_INFINITY }, status(403));
    const answer = await world.post('/copies/plan', {
      source: { ...source, repository: 'plan/some' },
      destinations: [{ registry: 'to' }, { registry: 'to', repository: 'plan/refused' }],
    });
    expect(answer.json()).toMatchObject({ items: [{ result: {} }, { failure: { code: 'registry_denied', side: 'destination' } }] });
  });
});

describe('the list of copies', () => {
  it('is found by state, registry, repository, group and text, newest first, in pages', async () => {
    world.from.put('list/one', imageOf(10), '7.7');
    const ask = { source: { ...source, repository: 'list/one', reference: '7.7' } };
    const started = await world.start({ ...ask, destinations: [1, 2, 3].map((i) => ({ registry: 'to', repository: `list/to-${i}` })) });
    await Promise.all(started.map(({ id }) => world.ended(id)));
    const list = async (query: string) => {
      const answer = await world.test.request({ url: `/api/v1/copies?${query}`, as: world.test.administrator });
      return answer.json<{ items: { id: string }[]; next?: string; total: number }>();
    };
    const ids = started.map(({ id }) => id).toReversed();
    for (const query of [`group=${started[0]?.group}`, 'repository=list/one', 'q=LIST/to-', 'q=7.7']) {
      expect({ query, ids: (await list(query)).items.map(({ id }) => id) }).toEqual({ query, ids });
    }
    expect((await list('repository=list/to-2')).items.map(({ id }) => id)).toEqual([started[1]?.id]);
    expect((await list('q=to_')).total).toBe(0);
    expect((await list('state=open')).total).toBe(0);
    expect((await list('state=ended&registry=from&q=list/')).total).toBe(3);
    expect((await list('state=failed&q=list/')).total).toBe(0);
    const first = await list('repository=list/one&limit=2');
    const second = await list(`repository=list/one&limit=2&cursor=${first.next}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeUndefined();
    expect((await world.test.request({ url: '/api/v1/copies?cursor=bm9uZQ', as: world.test.administrator })).statusCode).toBe(400);
  });
});
