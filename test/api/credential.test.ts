import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Person, startTestHub, type TestHub } from './harness.ts';

let test: TestHub;
let registry: TestRegistry;
let viewer: Person;

beforeAll(async () => {
  registry = await startRegistry({ auth: { kind: 'basic', users: { ci: 'first' } } });
  registry.put('app', buildImage(), '1.0');
  test = await startTestHub();
  viewer = await test.addPerson('vic', 'viewer');
  await call('POST', '/registries', {
    name: 'prod',
    provider: 'generic',
    url: registry.url,
    signIn: 'password',
    fields: { username: 'ci', password: 'first' },
    secretEndsAt: new Date(Date.now() + 5 * 86_400_000).toISOString(),
  });
});
afterAll(async () => {
  await test.close();
  await registry.close();
});

const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object, more: { as?: Person; match?: string } = {}) =>
  test.request({
    method,
    url: `/api/v1${path}`,
    as: more.as ?? test.administrator,
    ...(payload && { payload }),
    ...(more.match !== undefined && { headers: { 'if-match': more.match } }),
  });

describe('the credential of a registry, by the API', () => {
  it('is shown without a secret, with an ETag', async () => {
    await call('POST', '/registries/prod/credential/refresh');
    const answer = await call('GET', '/registries/prod/credential', undefined, { as: viewer });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.json()).toMatchObject({
      registry: { name: 'prod' },
      version: 1,
      signIn: 'password',
      credential: { kind: 'basic', username: 'ci', renewable: false, lastUse: { by: 'ana', purpose: 'credential refresh' } },
      ends: [{ field: 'secret', from: 'stated' }],
      uses: [{ by: { kind: 'user', name: 'ana' }, purpose: 'credential refresh', uses: 1 }],
      blastRadius: { total: 1, counts: { user: 1 } },
      alerts: [{ kind: 'credential-ends', level: 'warning', code: 'secret_ends', help: expect.stringContaining('next credential') }],
    });
    expect(answer.body).not.toContain('first"');
    const shown = (await call('GET', '/registries/prod')).json();
    expect(shown).toMatchObject({ updatedByName: 'ana', credential: { kind: 'basic', ends: [{ field: 'secret' }] } });
  });

  it('is changed for the next one: prepared, tested, promoted, gone back from', async () => {
    const wrong = await call('PUT', '/registries/prod/credential/next', { fields: { password: 'second' } }, { match: '"7"' });
    expect(wrong.statusCode).toBe(412);
    const prepared = await call('PUT', '/registries/prod/credential/next', { fields: { password: 'second' } }, { match: '"1"' });
    expect(prepared.statusCode, prepared.body).toBe(200);
    expect(prepared.headers.etag).toBe('"2"');
    expect(prepared.json()).toMatchObject({
      version: 2,
      next: { secretsSet: ['password'], settings: { username: 'ci' }, createdBy: 'ana' },
    });
    expect(prepared.body).not.toContain('second');

    const failing = await call('POST', '/registries/prod/credential/next/test', {});
    expect(failing.json()).toMatchObject({ state: 'failing' });
    const refused = await call('POST', '/registries/prod/credential/next/promote', {});
    expect(refused.statusCode).toBe(409);
    expect(refused.json()).toMatchObject({ code: 'conflict', detail: expect.stringContaining('test of the next credential failed') });

    registry.auth.setPassword('ci', 'second');
    const stream = await test.request({
      method: 'POST',
      url: '/api/v1/registries/prod/credential/next/test',
      as: test.administrator,
      payload: {},
      headers: { accept: 'text/event-stream' },
    });
    expect(stream.body).toContain('event: step');
    expect(stream.body).toMatch(/event: report\ndata: \{"state":"ok"/);
    const promoted = await call('POST', '/registries/prod/credential/next/promote', {}, { match: '"2"' });
    expect(promoted.statusCode, promoted.body).toBe(200);
    expect(promoted.json()).toMatchObject({ version: 3, previous: { secretsSet: ['password'] } });
    // What was stated of the end of the old one does not hold for this one.
    expect(promoted.json<{ ends: unknown[] }>().ends).toEqual([]);
    expect((await call('POST', '/registries/prod/test', {})).json()).toMatchObject({ state: 'ok' });

    expect((await call('POST', '/registries/prod/credential/rollback')).json()).toMatchObject({ version: 4, next: { signIn: 'password' } });
    expect((await call('DELETE', '/registries/prod/credential/next')).json()).toMatchObject({ version: 5 });
    expect((await call('DELETE', '/registries/prod/credential/previous')).statusCode).toBe(404);
  });

  it('keeps viewers from changing anything', async () => {
    for (const [method, path] of [
      ['POST', '/registries/prod/credential/refresh'],
      ['PUT', '/registries/prod/credential/next'],
      ['POST', '/registries/prod/credential/rollback'],
    ] as const) {
      expect((await call(method, path, {}, { as: viewer })).statusCode).toBe(403);
    }
  });
});

describe('alerts, by the API', () => {
  it('are listed, counted, acknowledged, and part of the metrics', async () => {
    const list = await call('GET', '/alerts', undefined, { as: viewer });
    expect(list.statusCode, list.body).toBe(200);
    const { items, counts } = list.json<{ items: { id: string; level: string }[]; counts: object }>();
    expect(items).toHaveLength(1);
    expect(counts).toEqual({ open: 1, notice: 0, warning: 1, critical: 0 });
    expect((await call('GET', '/alerts?level=critical')).json<{ items: unknown[] }>().items).toEqual([]);
    expect((await call('POST', `/alerts/${items[0]?.id}/acknowledge`, undefined, { as: viewer })).statusCode).toBe(403);
    const acknowledged = await call('POST', `/alerts/${items[0]?.id}/acknowledge`);
    expect(acknowledged.json()).toMatchObject({ acknowledgedBy: 'ana' });
    expect((await call('GET', '/alerts?acknowledged=false')).json()).toMatchObject({ items: [], counts: { open: 0 } });
    const metrics = (await test.request({ url: '/metrics' })).body;
    expect(metrics).toContain('tagboat_alerts{kind="credential-ends",level="warning"} 1');
    expect(metrics).toMatch(/tagboat_credentials\{state="ok"\} \d/);
  });
});

describe('a test of a registry that is not saved', () => {
  it('is in the audit log, without what was entered', async () => {
    await call('POST', '/registries/test', {
      registry: { name: 'x', provider: 'generic', url: registry.url, signIn: 'password', fields: { username: 'ci', password: 'geheim' } },
    });
    const { items } = (await call('GET', '/audit?action=registry.test-unsaved')).json<{ items: { detail: string; actor: object }[] }>();
    expect(items).toMatchObject([
      { actor: { name: 'ana' }, detail: `Connection test of ${registry.host}, which is not saved (Any OCI registry, sign-in “password”).` },
    ]);
  });
});
