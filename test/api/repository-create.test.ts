import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type FakeHarbor, startHarbor } from '../../src/testing/clouds/index.ts';
import { type Person, startTestHub, type TestHub } from './harness.ts';

let test: TestHub;
let harbor: FakeHarbor;
let open: TestRegistry;
let viewer: Person;

beforeAll(async () => {
  [test, harbor, open] = await Promise.all([
    startTestHub(),
    startHarbor({ users: { ana: 'secret' }, projectCreators: ['ana'] }),
    startRegistry(),
  ]);
  viewer = await test.addPerson('victor', 'viewer');
  const fields = { username: 'ana', password: 'secret' };
  const connection = { tls: 'plain' };
  await post('/registries', { name: 'harbor', provider: 'harbor', url: harbor.service.origin, fields, connection });
  await post('/registries', { name: 'open', provider: 'generic', url: open.url, connection });
});
afterAll(async () => {
  await Promise.all([test?.close(), harbor?.close(), open?.close()]);
});

const post = (path: string, payload: object, as: Person = test.administrator) =>
  test.request({ method: 'POST', url: `/api/v1${path}`, payload, as });
const names = async () =>
  (await test.request({ url: '/api/v1/registries/harbor/repositories', as: viewer }))
    .json<{ items: { name: string }[] }>()
    .items.map((item) => item.name);

it('creates what a push needs, says when it is there, and has the list read anew', async () => {
  expect(await names()).toEqual([]);
  harbor.content.addRepository('team/app');
  expect(await names()).toEqual([]);
  const created = await post('/registries/harbor/repositories', { name: 'team/app' });
  expect(created.statusCode).toBe(201);
  expect(created.json()).toEqual({
    registryId: expect.stringMatching(/^reg_/),
    registry: 'harbor',
    name: 'team/app',
    reference: `${new URL(harbor.service.origin).host}/team/app`,
    outcome: 'created',
  });
  expect(harbor.projects['team']).toBeDefined();
  expect(await names()).toEqual(['team/app']);
  const again = await post('/registries/harbor/repositories', { name: 'team/app' });
  expect([again.statusCode, again.json<{ outcome: string }>().outcome]).toEqual([200, 'exists']);

  const audit = await test.request({ url: '/api/v1/audit?action=repository.create', as: test.administrator });
  expect(audit.json<{ items: unknown[] }>().items).toHaveLength(1);
});

it('is not for viewers, and not offered where a push does it', async () => {
  expect((await post('/registries/harbor/repositories', { name: 'team/other' }, viewer)).statusCode).toBe(403);
  const unsupported = await post('/registries/open/repositories', { name: 'team/app' });
  expect([unsupported.statusCode, unsupported.json<{ code: string }>().code]).toEqual([501, 'unsupported']);
  expect(unsupported.json<{ detail: string }>().detail).toContain('first push');
});

it('keeps the report of the test before saving as the first check', async () => {
  const registry = { name: 'tested', provider: 'generic', url: open.url, connection: { tls: 'plain' } };
  const tested = await post('/registries/test', { registry });
  expect(tested.json<{ state: string }>().state).not.toBe('failing');
  const saved = await post('/registries', { ...registry, name: 'tested-and-saved' });
  expect(saved.json<{ state: object }>().state).toMatchObject({ state: tested.json<{ state: string }>().state });
  const other = await post('/registries', { ...registry, namespace: 'team', name: 'not-tested' });
  expect(other.json<{ state: object }>().state).toEqual({ state: 'unknown' });
});

it('shows a viewer what a client needs, and nothing secret', async () => {
  const get = (query: string) => test.request({ url: `/api/v1/registries/harbor/client-config?${query}`, as: viewer });
  const answer = await get('for=docker');
  expect(answer.statusCode).toBe(200);
  const host = new URL(harbor.service.origin).host;
  expect(answer.json()).toMatchObject({ client: 'docker', registry: { name: 'harbor' } });
  const { files } = answer.json<{ files: { path: string; content: string }[] }>();
  expect(JSON.parse(files.find((file) => file.path === '/etc/docker/daemon.json')?.content ?? '')).toEqual({
    'insecure-registries': [host],
  });
  expect(answer.body).toContain('credHelpers');
  expect((await get('for=docker&helper=false')).body).not.toContain('credHelpers');
  expect(answer.body).not.toContain('secret"');
  const refused = await get('for=docker&mirrorOf=quay.io');
  expect(refused.json()).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'mirrorOf' }] });
  expect((await get('for=emacs')).statusCode).toBe(400);
});
