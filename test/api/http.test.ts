import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from './harness.ts';

let test: TestHub;
let webRoot: string;

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'tagboat-web-'));
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Tagboat</title>');
  await writeFile(join(webRoot, 'assets', 'index-abc123.js'), 'export {};');
  test = await startTestHub({}, { webRoot });
});
afterAll(async () => {
  await test.close();
  await rm(webRoot, { recursive: true });
});

const html = { accept: 'text/html,application/xhtml+xml' };

describe('errors', () => {
  it.each([
    ['a path that there is not', { url: '/api/v1/nothing' }, 404, 'not_found'],
    ['a path that cannot be decoded', { url: '/api/v1/%zz' }, 400, 'invalid_request'],
    ['a method that there is not', { method: 'PUT', url: '/api/v1/registries' }, 405, 'method_not_allowed'],
    [
      'JSON that is none',
      { method: 'POST', url: '/api/v1/session', payload: '{"name":', headers: { 'content-type': 'application/json' } },
      400,
      'invalid_request',
    ],
    [
      'a body that is no JSON',
      { method: 'POST', url: '/api/v1/session', payload: 'name=ana', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a body of plain text',
      { method: 'POST', url: '/api/v1/session', payload: 'ana', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a body that is too large',
      { method: 'POST', url: '/api/v1/session', payload: { name: 'a', password: 'x'.repeat(1_100_000) } },
      413,
      'body_too_large',
    ],
    ['no body', { method: 'POST', url: '/api/v1/session' }, 422, 'invalid_settings'],
    [
      'a prototype in the body',
      {
        method: 'POST',
        url: '/api/v1/session',
        payload: '{"__proto__":{"role":"administrator"}}',
        headers: { 'content-type': 'application/json' },
      },
      400,
      'invalid_request',
    ],
    ['nobody signed in', { url: '/api/v1/registries' }, 401, 'unauthorized'],
  ] as const)('say what is wrong: %s', async (_what, options, status, code) => {
    const answer = await test.request(options);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = answer.json<{ requestId: string; detail: string; help: string; type: string }>();
    expect(problem).toMatchObject({ status, code, fault: 'caller', type: `urn:tagboat:error:${code}` });
    expect(problem.detail).toMatch(/^[A-Z].*\.$/);
    expect(problem.help).not.toBe('');
    expect(problem.requestId).not.toBe('');
  });

  it('name the methods that there are', async () => {
    expect((await test.request({ method: 'PUT', url: '/api/v1/registries' })).headers.allow).toContain('POST');
  });

  it('that nobody expected tell nothing of the inside', async () => {
    const { registries } = test.hub.services;
    const list = registries.list;
    registries.list = () => Promise.reject(new Error('connect ECONNREFUSED /var/lib/secret password=hunter2'));
    const answer = await test.request({ url: '/api/v1/registries', as: test.administrator });
    registries.list = list;
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'internal', fault: 'hub' });
    expect(answer.body).not.toContain('hunter2');
    expect(answer.body).not.toContain('/var/lib');
  });
});

describe('headers', () => {
  it('keep the page to itself and allow no inline script', async () => {
    const { headers } = await test.request({ url: '/', headers: html });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-request-id']).toBeTypeOf('string');
  });

  it('keep answers of the API out of caches', async () => {
    expect((await test.request({ url: '/api/v1/about' })).headers['cache-control']).toBe('no-store');
  });
});

describe('the web page', () => {
  it('is served at every path that is one of its own', async () => {
    for (const url of ['/', '/registries/prod', '/setup']) {
      const answer = await test.request({ url, headers: html });
      expect(answer.statusCode, url).toBe(200);
      expect(answer.body).toContain('<title>Tagboat</title>');
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
  });

  it('is never the answer to a call of the API or to a file that is not there', async () => {
    for (const url of ['/api/v1/nothing', '/api', '/assets/gone-123.js', '/hooks/x']) {
      expect((await test.request({ url, headers: html })).statusCode, url).toBe(404);
    }
    expect((await test.request({ url: '/registries/prod', headers: { accept: 'application/json' } })).statusCode).toBe(404);
    expect((await test.request({ method: 'POST', url: '/registries/prod', headers: html })).statusCode).toBe(404);
  });

  it('has its hashed files cached for good', async () => {
    const answer = await test.request({ url: '/assets/index-abc123.js' });
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toContain('javascript');
  });

  it('gives out nothing from outside its folder', async () => {
    for (const url of ['/../package.json', '/assets/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd']) {
      const answer = await test.request({ url });
      expect(answer.statusCode, url).toBeGreaterThanOrEqual(400);
      expect(answer.body).not.toContain('root:');
    }
  });
});

describe('operations', () => {
  it('are alive and ready', async () => {
    expect((await test.request({ url: '/healthz' })).json()).toEqual({ status: 'ok' });
    expect((await test.request({ url: '/readyz' })).json()).toEqual({ status: 'ready' });
  });

  it('are not ready without the database', async () => {
    const other = await startTestHub();
    await other.hub.services.store.close();
    const answer = await other.request({ url: '/readyz' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'store_unavailable', fault: 'hub' });
    await other.close();
  });

  it('are measured by route, never by path', async () => {
    await test.request({ url: '/api/v1/registries/some-private-name', as: test.administrator });
    const answer = await test.request({ url: '/metrics' });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toMatch(/^tagboat_http_requests_total\{method="GET",route="\/api\/v1\/registries\/:registry",status="404"\} \d+$/m);
    expect(answer.body).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(answer.body).not.toContain('some-private-name');
  });
});

describe('documentation', () => {
  it('is a page whose scripts come from here', async () => {
    const page = await test.request({ url: '/docs', headers: html });
    expect(page.body).not.toMatch(/<script>|https?:/);
    for (const [, file] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await test.request({ url: file })).statusCode, file).toBe(200);
    }
    expect((await test.request({ url: '/docs/package.json' })).statusCode).toBe(404);
  });

  it('has the document with the version of the hub', async () => {
    const document = (await test.request({ url: '/openapi.json' })).json<{ openapi: string; paths: object }>();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/registries/{registry}/repositories/{repository}/tags');
  });
});

describe('about', () => {
  it('tells strangers only what the sign-in page has to know', async () => {
    expect((await test.request({ url: '/api/v1/about' })).json()).toEqual({ name: 'Tagboat', version: '0.0.0', setupNeeded: false });
    expect((await test.request({ url: '/api/v1/about', as: test.administrator })).json()).toMatchObject({ store: 'sqlite', keys: 'ready' });
  });
});
