import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/sdk/index.ts';
import { startTestHub } from '../api/harness.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { type CopiesWorld, type CopyAnswer, imageOf, source, startCopiesWorld } from './copies-world.ts';

const mebibyte = 1024 * 1024;

let world: CopiesWorld;
let url: string;
let client: ReturnType<typeof createClient>;

beforeAll(async () => {
  world = await startCopiesWorld();
  url = await world.test.listen();
  const token = (await world.post('/tokens', { name: 'tests', role: 'administrator' })).json<{ secret: string }>().secret;
  client = createClient({ baseUrl: url, token });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Starts a copy of an image of 2 MiB that takes about so many seconds. */
async function startSlow(repository: string, seconds: number, destination: object = { registry: 'to' }) {
  const image = imageOf(mebibyte, mebibyte);
  world.from.put(repository, image, '1.0');
  const settings = { bandwidth: Math.round((2 * mebibyte) / seconds) };
  const [copy] = await world.start({ source: { ...source, repository }, destinations: [destination], settings });
  const id = copy?.id ?? '';
  return { id, image, moving: () => world.until(id, ({ progress }) => (progress?.bytes.sent ?? 0) > 100_000) };
}

describe('following a copy', () => {
  it('tells of its progress a few times a second, and ends with the copy that has ended', async () => {
    const { id } = await startSlow('live/follow', 2);
    const seen: { at: number; event: string; sent: number; state: string; speed: number }[] = [];
    for await (const { event, data } of client.followCopy(id)) {
      const { progress, state } = data;
      seen.push({ at: Date.now(), event, sent: progress?.bytes.sent ?? 0, state, speed: progress?.speed ?? 0 });
    }
    expect(seen.at(-1)).toMatchObject({ event: 'copy', state: 'done' });
    expect(seen.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true);
    expect(seen.length).toBeGreaterThan(4);
    const lasted = (seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0);
    expect(seen.length).toBeLessThanOrEqual(lasted / 250 + 3);
    expect(seen.map(({ sent }) => sent)).toEqual(seen.map(({ sent }) => sent).toSorted((a, b) => a - b));
    const fastest = Math.max(...seen.map(({ speed }) => speed));
    expect(fastest).toBeGreaterThan(0.5 * mebibyte);
    expect(fastest).toBeLessThan(3 * mebibyte);
  });

  it('answers at once for one that has ended, and not at all for one that is not there', async () => {
    const { id } = await startSlow('live/ended', 0.2);
    await world.ended(id);
    const events = await Array.fromAsync(client.followCopy(id));
    expect(events.map(({ event }) => event)).toEqual(['copy']);
    await expect(Array.fromAsync(client.followCopy('cpy_none'))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is told to all who may see it, once a second at most', async () => {
    const leaving = new AbortController();
    const seen: { at: number; state?: string; copy?: string }[] = [];
    const watching = (async () => {
      for await (const { data } of client.watchEvents({ signal: leaving.signal })) {
        if ('type' in data && data.type === 'copy.changed') seen.push({ at: Date.now(), state: data.state, copy: data.copy });
      }
    })().catch((error: unknown) => {
      if (!leaving.signal.aborted) throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { id } = await startSlow('live/told', 2.5);
    await world.ended(id);
    await new Promise((resolve) => setTimeout(resolve, 100));
    leaving.abort();
    await watching;
    const own = seen.filter(({ copy }) => copy === id);
    expect(own[0]?.state).toBe('queued');
    expect(own.at(-1)?.state).toBe('done');
    const running = own.filter(({ state }) => state === 'running').map(({ at }) => at);
    expect(running.length).toBeGreaterThan(1);
    expect(running.length).toBeLessThanOrEqual(5);
  });
});

describe('canceling a copy', () => {
  it('that runs is prompt, and leaves the tag as it was', async () => {
    const old = imageOf(10);
    world.to.put('live/cancel', old, '1.0');
    const { id, moving } = await startSlow('live/cancel', 20);
    await moving();
    const asked = Date.now();
    const answer = await world.post(`/copies/${id}/cancel`);
    expect(answer.statusCode).toBe(200);
    const ended = await world.ended(id);
    expect(Date.now() - asked).toBeLessThan(1000);
    expect(ended).toMatchObject({ state: 'canceled', canceling: false, progress: { active: [], speed: 0 } });
    expect(world.to.content.resolve('live/cancel', '1.0')).toBe(old.digest);
    expect((await world.post(`/copies/${id}/cancel`)).json()).toMatchObject({ state: 'canceled' });
    const audit = await world.test.request({ url: `/api/v1/audit?target=${id}`, as: world.test.administrator });
    expect(audit.json<{ items: object[] }>().items).toMatchObject([
      { action: 'copy.finish', outcome: 'canceled' },
      { action: 'copy.cancel', actor: { name: 'ana' } },
      { action: 'copy.start' },
    ]);
  });

  it('keeps what has arrived for a copy that tries again', async () => {
    const { id, image } = await startSlow('live/again', 2);
    await world.until(id, ({ progress }) => (progress?.active ?? []).some(({ sent }) => sent > 400_000));
    await world.post(`/copies/${id}/cancel`);
    await world.ended(id);
    const retried = await world.post(`/copies/${id}/retry`);
    const done = await world.ended(retried.json<{ id: string }>().id);
    expect(done).toMatchObject({ state: 'done', result: { digest: image.digest } });
    expect(beginnings('live/again').some((start) => start >= 400_000)).toBe(true);
    const { store } = world.test.hub.services;
    const left = await store.db.selectFrom('copy_uploads').select('digest').where('repository', '=', 'live/again').execute();
    expect(left).toEqual([]);
  });

  it('that waits ends it at once, and nothing is sent', async () => {
    const slow = await Promise.all([1, 2, 3, 4].map((i) => startSlow(`live/busy-${i}`, 20)));
    const waiting = await startSlow('live/waits', 20);
    expect((await world.read(waiting.id)).state).toBe('queued');
    expect((await world.post(`/copies/${waiting.id}/cancel`)).json()).toMatchObject({ state: 'canceled', attempts: 0 });
    expect(world.to.content.has('live/waits')).toBe(false);
    await Promise.all(slow.map(({ id }) => world.post(`/copies/${id}/cancel`)));
    await Promise.all(slow.map(({ id }) => world.ended(id)));
    expect(world.to.requests.some(({ path }) => path.includes('/live/waits/'))).toBe(false);
  });
});

describe('the registry of a copy', () => {
  it('is not removed while it goes on; afterwards it is, and the history keeps its name', async () => {
    await world.connect('leaving', world.to);
    const { id, moving } = await startSlow('live/leaving', 20, { registry: 'leaving', repository: 'live/left' });
    await moving();
    const remove = () => world.test.request({ method: 'DELETE', url: '/api/v1/registries/leaving', as: world.test.administrator });
    const refused = await remove();
    expect(refused.json()).toMatchObject({ code: 'in_use', references: [{ kind: 'copy', id, name: 'to live/left' }] });
    await world.post(`/copies/${id}/cancel`);
    await world.ended(id);
    expect((await remove()).statusCode).toBe(204);
    const left = await world.read(id);
    expect(left).toMatchObject({ state: 'canceled', destination: { registry: 'leaving', repository: 'live/left' } });
    expect(left.destination.registryId).toBeUndefined();
    const listed = await world.test.request({ url: '/api/v1/copies?registry=leaving', as: world.test.administrator });
    expect(listed.json<{ items: object[] }>().items).toMatchObject([{ id }]);
    const retried = await world.post(`/copies/${id}/retry`);
    expect(retried.json()).toMatchObject({ code: 'invalid_settings', detail: 'The registry “leaving” was removed.' });
  });

  it('may be edited meanwhile: the copy goes on with the new settings', async () => {
    await world.connect('edited', world.to);
    const { id, image, moving } = await startSlow('live/edited', 2.5, { registry: 'edited' });
    await moving();
    const edit = await world.test.request({
      method: 'PATCH',
      url: '/api/v1/registries/edited',
      as: world.test.administrator,
      payload: { connection: { requestsPerSecond: 500 } },
    });
    expect(edit.statusCode).toBe(200);
    expect(await world.ended(id)).toMatchObject({ state: 'done', result: { digest: image.digest } });
    expect(world.to.content.resolve('live/edited', '1.0')).toBe(image.digest);
  });
});

describe('a hub that stops', () => {
  it('puts what it was at back into the queue, and goes on with it after the next start from where it stood', async () => {
    await using directory = await temporaryDirectory();
    const repository = 'live/stopped';
    const image = imageOf(3 * mebibyte);
    let id = '';
    {
      await using first = await startCopiesWorld({ dataDir: directory.path });
      await first.connect('elsewhere', world.to);
      await first.connect('origin', world.from);
      world.from.put(repository, image, '1.0');
      const ask = { source: { registry: 'origin', repository, reference: '1.0' }, destinations: [{ registry: 'elsewhere' }] };
      const [copy] = await first.start({ ...ask, settings: { bandwidth: mebibyte } });
      id = copy?.id ?? '';
      await first.until(id, ({ progress }) => (progress?.bytes.sent ?? 0) > 1.2 * mebibyte);
    }
    const next = await startTestHub({ dataDir: directory.path });
    try {
      const read = async () => (await next.request({ url: `/api/v1/copies/${id}`, as: next.administrator })).json<CopyAnswer>();
      expect(await read()).toMatchObject({ state: 'queued', attempts: 0 });
      next.hub.start();
      let now = await read();
      for (; now.finishedAt === undefined; now = await read()) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(now).toMatchObject({ state: 'done', attempts: 1, result: { digest: image.digest, blobs: { uploaded: 2, present: 0 } } });
    } finally {
      await next.close();
    }
    expect(beginnings(repository).filter((start) => start > mebibyte)).toHaveLength(1);
  });
});

/** Bytes of the blob at which requests with content began. */
function beginnings(repository: string): number[] {
  return world.to.requests
    .filter(
      ({ method, path, headers }) =>
        /^(PUT|PATCH)$/.test(method) && path.includes(`/${repository}/blobs/uploads/`) && headers['content-length'] !== '0',
    )
    .map(({ headers }) => Number(/^(\d+)-/.exec(String(headers['content-range'] ?? '0-'))?.[1]));
}
