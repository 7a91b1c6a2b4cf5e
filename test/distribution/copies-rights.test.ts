import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../api/harness.ts';
import { type CopiesWorld, imageOf, source, startCopiesWorld } from './copies-world.ts';

let world: CopiesWorld;
let url: string;
let viewer: Person;
let operator: Person;
/** Operator of the project `inner` only. */
let insider: Person;
/** From a registry of the project `inner` to one of all. */
let hidden: string;
let open: string;

beforeAll(async () => {
  world = await startCopiesWorld({}, { run: false });
  const { test } = world;
  url = await test.listen();
  viewer = await test.addPerson('vera', 'viewer');
  operator = await test.addPerson('otto', 'operator');
  insider = await test.addPerson('ina', 'viewer');
  await world.post('/projects', { name: 'inner' });
  const member = { url: `/api/v1/projects/inner/members/${insider.id}`, payload: { role: 'operator' } };
  await test.request({ method: 'PUT', as: test.administrator, ...member });
  await world.connect('secret-place', world.from, { allProjects: false, projects: ['inner'] });
  world.from.put('shop/api', imageOf(10), '1.0');
  hidden = (await world.start({ source: { ...source, registry: 'secret-place' }, destinations: [{ registry: 'to' }] }))[0]?.id ?? '';
  open = (await world.start({ destinations: [{ registry: 'to', repository: 'open/api' }] }))[0]?.id ?? '';
});
afterAll(() => world[Symbol.asyncDispose]());

const idsSeenBy = async (as: Person) => {
  const answer = await world.test.request({ url: '/api/v1/copies', as });
  return answer.json<{ items: { id: string }[] }>().items.map(({ id }) => id);
};

describe('who may see a copy', () => {
  it('sees both of its registries', async () => {
    expect(await idsSeenBy(world.test.administrator)).toEqual([open, hidden]);
    expect(await idsSeenBy(insider)).toEqual([open, hidden]);
    expect(await idsSeenBy(viewer)).toEqual([open]);
    expect(await idsSeenBy(operator)).toEqual([open]);
  });

  it('of others it does not exist: not by its id, not to be followed, canceled or tried again', async () => {
    for (const path of ['', '/events']) {
      const answer = await world.test.request({ url: `/api/v1/copies/${hidden}${path}`, as: operator });
      expect(answer.json()).toMatchObject({ status: 404, code: 'not_found' });
      expect(answer.body).not.toContain('secret-place');
    }
    for (const path of ['cancel', 'retry']) {
      expect((await world.post(`/copies/${hidden}/${path}`, undefined, operator)).statusCode).toBe(404);
    }
  });

  it('is told of it when it moves on, and nobody else is', async () => {
    const leaving = new AbortController();
    const heard = { viewer: '', insider: '' };
    const listen = async (person: Person, name: 'viewer' | 'insider') => {
      const response = await fetch(`${url}/api/v1/events`, { headers: { cookie: person.cookie }, signal: leaving.signal });
      for await (const chunk of response.body ?? []) heard[name] += Buffer.from(chunk).toString();
    };
    const listening = [listen(viewer, 'viewer'), listen(insider, 'insider')].map((one) => one.catch(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ask = { ...source, registry: 'secret-place' };
    const [copy] = await world.start({ source: ask, destinations: [{ registry: 'to', repository: 'told/api' }] });
    const [other] = await world.start({ destinations: [{ registry: 'to', repository: 'told/other' }] });
    for (let i = 0; i < 100 && !(heard.viewer + heard.insider).includes(other?.id ?? ''); i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    leaving.abort();
    await Promise.all(listening);
    expect(heard.insider).toContain(copy?.id);
    expect(heard.viewer).not.toContain(copy?.id);
    expect(heard.viewer).toContain(other?.id);
  });
});

describe('who may ask for a copy', () => {
  it('may pull from its source, and write to every destination', async () => {
    const body = { source, destinations: [{ registry: 'to', repository: 'asked/api' }] };
    expect((await world.post('/copies', body, viewer)).statusCode).toBe(403);
    expect((await world.post('/copies', body, operator)).statusCode).toBe(201);
    // Operator of a project: of its registries, not of those of all.
    const answer = await world.post('/copies', body, insider);
    expect(answer.json()).toMatchObject({ code: 'forbidden', field: 'destinations.0.registry' });
    const inner = { source, destinations: [{ registry: 'secret-place', repository: 'asked/api' }] };
    expect((await world.post('/copies', inner, insider)).statusCode).toBe(201);
  });

  it('is not told whether a registry of others exists', async () => {
    const ask = (registry: string) => world.post('/copies', { source, destinations: [{ registry }] }, operator);
    const [there, missing] = await Promise.all([ask('secret-place'), ask('no-such-one')]);
    const words = (text: string) => text.replaceAll(/secret-place|no-such-one/g, 'X').replace(/"requestId":"[^"]*"/, '');
    expect(there.json()).toMatchObject({ code: 'invalid_settings' });
    expect(words(there.body)).toBe(words(missing.body));
  });

  it('by a token that is limited to registries, of those alone', async () => {
    const registries = (await world.test.request({ url: '/api/v1/registries', as: world.test.administrator })).json<{
      items: { id: string; name: string }[];
    }>().items;
    const idOf = (name: string) => registries.find((one) => one.name === name)?.id ?? '';
    const made = await world.post('/tokens', { name: 'ci', role: 'operator', registries: [idOf('from')] });
    const headers = { authorization: `Bearer ${made.json<{ secret: string }>().secret}` };
    const listed = await world.test.request({ url: '/api/v1/copies', headers });
    expect(listed.json()).toMatchObject({ items: [], total: 0 });
    const answer = await world.test.request({
      method: 'POST',
      url: '/api/v1/copies',
      headers,
      payload: { source, destinations: [{ registry: 'to' }] },
    });
    expect(answer.json()).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'destinations.0.registry' }] });
  });

  it('cancels what others asked for only where they may write', async () => {
    expect((await world.post(`/copies/${open}/cancel`, undefined, viewer)).statusCode).toBe(403);
    expect((await world.post(`/copies/${open}/cancel`, undefined, insider)).statusCode).toBe(403);
    expect((await world.post(`/copies/${open}/cancel`, undefined, operator)).json()).toMatchObject({ state: 'canceled' });
  });
});

describe('a registry that gets another name', () => {
  it('is found and shown by it in the history', async () => {
    await world.connect('before', world.to);
    const [copy] = await world.start({ destinations: [{ registry: 'before', repository: 'renamed/api' }] });
    const as = world.test.administrator;
    await world.test.request({ method: 'PATCH', url: '/api/v1/registries/before', as, payload: { name: 'after' } });
    const named = async (name: string) =>
      (await world.test.request({ url: `/api/v1/copies?registry=${name}`, as })).json<{ total: number }>().total;
    for (let i = 0; i < 50 && (await named('after')) === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([await named('before'), await named('after')]).toEqual([0, 1]);
    expect((await world.read(copy?.id ?? '')).destination).toMatchObject({ registry: 'after' });
  });
});

describe('too many copies', () => {
  it('are refused, and none of the request is kept', async () => {
    const { store } = world.test.hub.services;
    const [template] = await store.db.selectFrom('copies').selectAll().where('state', '=', 'queued').limit(1).execute();
    if (!template) throw new Error('No copy waits.');
    for (let i = 0; i < 10; i++) {
      const rows = Array.from({ length: 1000 }, (_, j) => ({ ...template, id: `cpy_many${i}_${j}` }));
      await store.db.insertInto('copies').values(rows).execute();
    }
    const answer = await world.post('/copies', { source, destinations: [{ registry: 'to' }, { registry: 'to', repository: 'x' }] });
    expect(answer.json()).toMatchObject({ code: 'conflict', status: 409 });
    const { total } = (await world.test.request({ url: '/api/v1/copies?repository=x', as: world.test.administrator })).json<{
      total: number;
    }>();
    expect(total).toBe(0);
  });
});
