import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Person, startTestHub, type TestHub } from './harness.ts';

const image = buildImage();
const other = buildImage({ config: { Env: ['WHICH=other'] } });
let test: TestHub;
let registry: TestRegistry;
let viewer: Person;

beforeAll(async () => {
  [test, registry] = await Promise.all([startTestHub(), startRegistry({ deleteByTag: 'refused' })]);
  viewer = await test.addPerson('victor', 'viewer');
  registry.put('shop/api', image, '1', 'latest');
  registry.put('shop/api', other, 'other');
  await post('/registries', { name: 'prod', provider: 'generic', url: registry.url, connection: { tls: 'plain' } });
});
afterAll(async () => {
  await Promise.all([test?.close(), registry?.close()]);
});

const post = (path: string, payload: object, as: Person = test.administrator) =>
  test.request({ method: 'POST', url: `/api/v1${path}`, payload, as });
const deletions = (payload: object, as?: Person) => post('/registries/prod/repositories/shop%2Fapi/deletions', payload, as);
const tags = async () =>
  (await test.request({ url: '/api/v1/registries/prod/repositories/shop%2Fapi/tags?sort=name', as: viewer }))
    .json<{ items: { name: string }[] }>()
    .items.map(({ name }) => name);

it('deletes with an outcome each, is on record, and has the tags listed anew', async () => {
  expect(await tags()).toEqual(['1', 'latest', 'other']);
  const plan = await deletions({ references: ['1', 'none'], dryRun: true });
  expect([plan.statusCode, plan.json()]).toMatchObject([
    200,
    { items: [{ references: ['1'], sharedWith: ['latest'], manifest: false, outcome: 'planned' }], absent: ['none'] },
  ]);
  expect(await tags()).toEqual(['1', 'latest', 'other']);
  const deleted = await deletions({ references: ['1', 'other'] });
  expect(deleted.json()).toMatchObject({ items: [{ outcome: 'deleted' }, { outcome: 'deleted', manifest: true }] });
  expect(await tags()).toEqual(['latest']);
  const audit = await test.request({ url: '/api/v1/audit?action=image.delete', as: test.administrator });
  expect(audit.json<{ items: { before: object }[] }>().items.map(({ before }) => before)).toMatchObject([
    { repository: 'shop/api', digest: other.digest, tags: ['other'], manifest: true },
    { repository: 'shop/api', digest: image.digest, tags: ['1'], manifest: false },
  ]);
});

it('is refused when it is in use, naming what uses it, unless forced', async () => {
  const refused = await deletions({ references: [image.digest] });
  expect([refused.statusCode, refused.json()]).toMatchObject([
    409,
    { code: 'in_use', references: [{ kind: 'tag', id: 'latest', name: 'latest' }] },
  ]);
  expect(await tags()).toEqual(['latest']);
  expect((await deletions({ references: [image.digest], force: true })).json()).toMatchObject({
    items: [{ tags: ['latest'], outcome: 'deleted' }],
  });
  expect(registry.content.tags('shop/api')).toEqual([]);
});

it('is refused while a sync rule keeps it there or copies it from there', async () => {
  registry.put('shop/web', image, '2.0', '2.0-rc1');
  const rule = {
    name: 'nightly',
    enabled: true,
    unseen: true,
    spec: {
      source: { registry: 'prod', repositories: ['shop/web'], tags: { exclude: ['*-rc*'] } },
      destination: { registry: 'prod', repository: 'mirror/{repository}' },
    },
  };
  const created = await post('/sync-rules', rule);
  expect([created.statusCode, created.json()]).toMatchObject([201, { name: 'nightly' }]);
  const web = (references: string[], more = {}) => post('/registries/prod/repositories/shop%2Fweb/deletions', { references, ...more });
  const refused = await web(['2.0', '2.0-rc1']);
  expect([refused.statusCode, refused.json()]).toMatchObject([
    409,
    { code: 'in_use', detail: expect.stringContaining('sync rule “nightly”'), references: [{ kind: 'sync-rule', name: 'nightly' }] },
  ]);
  expect((await web(['2.0-rc1'])).json()).toMatchObject({ items: [{ outcome: 'deleted', sharedWith: ['2.0'] }] });
  expect((await web(['2.0'], { force: true })).statusCode).toBe(200);
  expect(registry.content.tags('shop/web')).toEqual([]);
});

it('is not for viewers, and takes no nonsense', async () => {
  expect((await deletions({ references: ['latest'] }, viewer)).statusCode).toBe(403);
  expect((await deletions({ references: [] })).statusCode).toBe(422);
  expect((await deletions({ references: ['no/tag'] })).json()).toMatchObject({ code: 'invalid_reference' });
});
