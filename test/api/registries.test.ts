import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Person, startTestHub, type TestHub } from './harness.ts';

const secret = 'S3cret-of-the-registry';

let test: TestHub;
let upstream: TestRegistry;
let as: Person;

beforeAll(async () => {
  test = await startTestHub();
  as = test.administrator;
  upstream = await startRegistry({ auth: { kind: 'token', users: { ci: secret } } });
  upstream.put('shop/api', buildImage(), '1.0.0', 'latest');
  upstream.put('shop/web', buildImage(), '2.0.0');
});
afterAll(async () => {
  await test.close();
  await upstream.close();
});

const input = (name: string, more: object = {}) => ({
  name,
  provider: 'generic',
  url: upstream.url,
  signIn: 'password',
  fields: { username: 'ci', password: secret },
  connection: { tls: 'plain' },
  ...more,
});
const create = (name: string, more: object = {}, who = as) =>
  test.request({ method: 'POST', url: '/api/v1/registries', as: who, payload: input(name, more) });

describe('registries', () => {
  it('are created, read, listed, changed and removed, and no secret comes back', async () => {
    const created = await create('prod', { description: 'Production' });
    expect(created.statusCode, created.body).toBe(201);
    const registry = created.json<{ id: string; version: number }>();
    expect(created.headers.location).toBe(`/api/v1/registries/${registry.id}`);
    expect(created.json()).toMatchObject({
      name: 'prod',
      provider: 'generic',
      default: true,
      secretsSet: ['password'],
      settings: { username: 'ci' },
      state: { state: 'unknown' },
    });

    const read = await test.request({ url: '/api/v1/registries/PROD', as });
    expect(read.headers.etag).toBe(`"${registry.version}"`);
    const listed = await test.request({ url: '/api/v1/registries?q=prod&provider=generic', as });
    expect(listed.json()).toMatchObject({ items: [{ id: registry.id }], total: 1 });
    expect((await test.request({ url: '/api/v1/registries?provider=ecr', as })).json()).toMatchObject({ items: [] });

    const ifMatch = { 'if-match': String(read.headers.etag) };
    const changed = await test.request({
      method: 'PATCH',
      url: '/api/v1/registries/prod',
      as,
      headers: ifMatch,
      payload: { name: 'production', fields: { password: '' } },
    });
    expect(changed.statusCode, changed.body).toBe(200);
    expect(changed.json()).toMatchObject({ name: 'production', secretsSet: ['password'] });
    const stale = await test.request({
      method: 'PATCH',
      url: '/api/v1/registries/production',
      as,
      headers: ifMatch,
      payload: { name: 'prod2' },
    });
    expect(stale.json()).toMatchObject({ status: 412, code: 'precondition_failed', fault: 'caller' });
    const nonsense = await test.request({
      method: 'PATCH',
      url: '/api/v1/registries/production',
      as,
      headers: { 'if-match': 'one' },
      payload: { name: 'prod2' },
    });
    expect(nonsense.json()).toMatchObject({ status: 400, code: 'invalid_request' });

    for (const answer of [created, read, listed, changed]) expect(answer.body).not.toContain(secret);
    expect((await test.request({ method: 'DELETE', url: '/api/v1/registries/production', as })).statusCode).toBe(204);
    expect((await test.request({ url: `/api/v1/registries/${registry.id}`, as })).json()).toMatchObject({ status: 404, code: 'not_found' });
    const audit = await test.request({ url: '/api/v1/audit?action=registry', as });
    expect(audit.json()).toMatchObject({
      items: [{ action: 'registry.remove' }, { action: 'registry.update' }, { action: 'registry.create' }],
    });
    expect(audit.body).not.toContain(secret);
  });

  it('are refused with a message at every field at fault', async () => {
    const answer = await create('no good name!', { url: 'ftp://x', fields: {} });
    expect(answer.statusCode).toBe(422);
    const problem = answer.json<{ fields: { field: string; message: string }[]; code: string; help: string }>();
    expect(problem.code).toBe('invalid_settings');
    expect(problem.fields.map(({ field }) => field)).toEqual(expect.arrayContaining(['name', 'url']));
    expect(problem.help).not.toBe('');
  });

  it('refuse members that are not known, without repeating their values', async () => {
    const answer = await create('typo', { pasword: secret });
    expect(answer.json()).toMatchObject({ status: 422, fields: [{ field: 'pasword', message: 'is not known here' }] });
    expect(answer.body).not.toContain(secret);
  });

  it('have one default, which says what comes next when it goes', async () => {
    await create('first');
    await create('second');
    await create('third');
    const second = await test.request({ method: 'POST', url: '/api/v1/registries/second/default', as });
    expect(second.json()).toMatchObject({ name: 'second', default: true });
    const asked = await test.request({ method: 'DELETE', url: '/api/v1/registries/second', as });
    expect(asked.json()).toMatchObject({ status: 409, code: 'conflict' });
    expect((await test.request({ method: 'DELETE', url: '/api/v1/registries/second?nextDefault=third', as })).statusCode).toBe(204);
    expect((await test.request({ url: '/api/v1/registries/third', as })).json()).toMatchObject({ default: true });
    expect((await test.request({ url: '/api/v1/registries/third/references', as })).json()).toEqual({ items: [] });
    await test.request({ method: 'DELETE', url: '/api/v1/registries/third?nextDefault=', as });
    await test.request({ method: 'DELETE', url: '/api/v1/registries/first', as });
  });

  it('are found by an image reference', async () => {
    await create('matched');
    const host = new URL(upstream.url).host;
    const match = await test.request({ url: `/api/v1/registries/match?reference=${host}/shop/api:1.0.0`, as });
    expect(match.json()).toMatchObject({ registry: { name: 'matched' }, via: 'prefix', reference: `${host}/shop/api:1.0.0`, others: [] });
    const none = await test.request({ url: '/api/v1/registries/match?reference=elsewhere.example/x', as });
    expect(none.json()).toEqual({ reference: 'elsewhere.example/x:latest', others: [] });
    const invalid = await test.request({ url: '/api/v1/registries/match?reference=UPPER/Case:', as });
    expect(invalid.json()).toMatchObject({ status: 422, code: 'invalid_reference' });
  });

  it('outside the projects of the caller do not exist', async () => {
    await test.request({ method: 'POST', url: '/api/v1/projects', as, payload: { name: 'secret-team' } });
    await create('theirs', { allProjects: false, projects: ['secret-team'] });
    const outsider = await test.addPerson('outsider', 'operator');
    for (const url of ['/api/v1/registries/theirs', '/api/v1/registries/theirs/repositories', '/api/v1/registries/theirs/check']) {
      expect((await test.request({ url, as: outsider })).statusCode, url).toBe(404);
    }
    expect((await test.request({ url: '/api/v1/registries', as: outsider })).body).not.toContain('theirs');
    expect((await test.request({ method: 'DELETE', url: '/api/v1/registries/theirs', as: outsider })).statusCode).toBe(404);
  });
});

describe('a role in a project', () => {
  it('lets a viewer connect registries to that project, and to no other', async () => {
    const person = await test.addPerson('teammate', 'viewer');
    await test.request({ method: 'POST', url: '/api/v1/projects', as, payload: { name: 'team' } });
    await test.request({ method: 'POST', url: '/api/v1/projects', as, payload: { name: 'other-team' } });
    await test.request({ method: 'PUT', url: '/api/v1/projects/team/members/teammate', as, payload: { role: 'operator' } });
    const own = await create('team-registry', { allProjects: false, projects: ['team'] }, person);
    expect(own.statusCode, own.body).toBe(201);
    expect([403, 422]).toContain((await create('for-all', { allProjects: true }, person)).statusCode);
    expect([403, 422]).toContain((await create('for-others', { allProjects: false, projects: ['other-team'] }, person)).statusCode);
    await create('of-all', { allProjects: true });
    expect((await test.request({ method: 'DELETE', url: '/api/v1/registries/of-all', as: person })).json()).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect((await test.request({ method: 'DELETE', url: '/api/v1/registries/team-registry', as: person })).statusCode).toBe(204);
  });
});

describe('the doctor', () => {
  it('answers one report to who wants JSON, and keeps it for a saved registry', async () => {
    await create('healthy');
    expect((await test.request({ url: '/api/v1/registries/healthy/check', as })).json()).toMatchObject({ status: 404, code: 'not_found' });
    const answer = await test.request({ method: 'POST', url: '/api/v1/registries/healthy/test', as, payload: {} });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({ state: 'ok' });
    expect((await test.request({ url: '/api/v1/registries/healthy/check', as })).json()).toMatchObject({ state: 'ok' });
    expect((await test.request({ url: '/api/v1/registries/healthy', as })).json()).toMatchObject({ state: { state: 'ok' } });
    expect(answer.body).not.toContain(secret);
  });

  it('refuses an unsaved registry whose fields are at fault with an ordinary problem, streaming or not', async () => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const answer = await test.request({
        method: 'POST',
        url: '/api/v1/registries/test',
        as,
        headers: { accept },
        payload: { registry: input('x', { provider: 'no-such-provider' }) },
      });
      expect(answer.statusCode).toBe(422);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
  });
});

describe('the catalog', () => {
  it('lists repositories and tags, and reads an image', async () => {
    await create('shelf');
    const base = '/api/v1/registries/shelf/repositories';
    const repositories = await test.request({ url: base, as });
    expect(repositories.statusCode, repositories.body).toBe(200);
    expect(repositories.json()).toMatchObject({ items: [{ name: 'shop/api' }, { name: 'shop/web' }], total: 2 });
    const tags = await test.request({ url: `${base}/shop%2Fapi/tags?details=true&sort=name`, as });
    expect(tags.json()).toMatchObject({ items: [{ name: '1.0.0', kind: 'image', complete: true }, { name: 'latest' }], total: 2 });
    const image = await test.request({ url: `${base}/shop%2Fapi/images/latest`, as });
    expect(image.json()).toMatchObject({ tag: 'latest', repository: 'shop/api', kind: 'image', otherTags: ['1.0.0'] });
    const { digest } = image.json<{ digest: string }>();
    expect((await test.request({ url: `${base}/shop%2Fapi/images/${digest}`, as })).json()).toMatchObject({ digest });
    const referrers = await test.request({ url: `${base}/shop%2Fapi/referrers/${digest}`, as });
    expect(referrers.json()).toMatchObject({ items: [] });
    const hits = await test.request({ url: '/api/v1/search?q=shop/web', as });
    expect(hits.json<{ items: { repository: string }[] }>().items.some(({ repository }) => repository === 'shop/web')).toBe(true);
  });

  it('says what is wrong with a name, a filter or a tag', async () => {
    const base = '/api/v1/registries/shelf/repositories';
    expect((await test.request({ url: `${base}/Shop%2FAPI/tags`, as })).json()).toMatchObject({ status: 422, code: 'invalid_reference' });
    expect((await test.request({ url: `${base}/shop%2Fapi/tags?filter=/(/`, as })).json()).toMatchObject({ status: 422, field: 'filter' });
    expect((await test.request({ url: `${base}/shop%2Fapi/images/no-such-tag`, as })).json()).toMatchObject({
      code: 'registry_not_found',
      fault: 'remote',
    });
    expect((await test.request({ url: `${base}/shop%2Fapi/tags?sort=size`, as })).json()).toMatchObject({ status: 400, field: 'sort' });
  });
});

describe('providers', () => {
  it('are described with the fields of their forms', async () => {
    const answer = await test.request({ url: '/api/v1/providers', as });
    const { items } = answer.json<{ items: { id: string; signIn: { fields: { secret: boolean }[] }[] }[] }>();
    expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(['generic', 'dockerhub', 'ecr', 'harbor']));
  });

  it('are recognised in pasted text', async () => {
    const answer = await test.request({
      method: 'POST',
      url: '/api/v1/providers/detect',
      as,
      payload: { text: 'docker pull 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1' },
    });
    expect(answer.json()).toMatchObject({ provider: 'ecr', fields: { region: 'eu-west-1' } });
    const unknown = await test.request({ method: 'POST', url: '/api/v1/providers/detect', as, payload: { text: '???' } });
    expect(unknown.json()).toMatchObject({ kind: 'unknown' });
  });

  it('certificates are read, and what is none is refused', async () => {
    const answer = await test.request({ method: 'POST', url: '/api/v1/certificates/parse', as, payload: { pem: 'not a certificate' } });
    expect(answer.json()).toMatchObject({ status: 422, field: 'pem' });
  });
});
