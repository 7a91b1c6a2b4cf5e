import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { expectReadable, type FaultHub, password, problemOf, startFaultHub } from './fault-hub.ts';

let hub: FaultHub;
let registry: TestRegistry;

beforeAll(async () => {
  [hub, registry] = await Promise.all([startFaultHub(), startRegistry()]);
  registry.put('team/app', buildImage(), '1.0');
  await hub.connect(registry.url, { name: 'Prod', signIn: 'anonymous' });
});
afterAll(async () => {
  await hub.close();
  await registry.close();
});

const post = (path: string, body: unknown) =>
  hub.raw(`/api/v1${path}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
const count = async (): Promise<number> => (await hub.api.listRegistries()).items.length;

/** Inputs that make no registry, and the field whose message says why. */
const inputs: Record<string, { input: Record<string, unknown>; field?: string }> = {
  'userinfo in the URL': { input: { url: `http://ci:${password}@127.0.0.1:5000` }, field: 'url' },
  'a URL of another kind': { input: { url: 'file:///etc/passwd' }, field: 'url' },
  'a URL with a line break': { input: { url: 'http://127.0.0.1\r\nHost: evil' }, field: 'url' },
  'a URL with NUL': { input: { url: 'http://127.0.0.1/\u0000' }, field: 'url' },
  'a URL with a query': { input: { url: 'http://127.0.0.1/?x=1' }, field: 'url' },
  'a URL that climbs': { input: { url: 'http://127.0.0.1/a/../../b' }, field: 'url' },
  'a URL that climbs, encoded': { input: { url: 'http://127.0.0.1/%2e%2e/b' }, field: 'url' },
  'a URL with port 99999': { input: { url: 'http://127.0.0.1:99999' }, field: 'url' },
  'a URL that is an object': { input: { url: { href: 'x' } }, field: 'url' },
  'a URL beyond 2,048 characters': { input: { url: `http://127.0.0.1/${'a'.repeat(3000)}` }, field: 'url' },
  'a name with a slash': { input: { name: '../x' }, field: 'name' },
  'a name with control characters': { input: { name: 'a\u001b[31mb' }, field: 'name' },
  'a name with NUL': { input: { name: 'a\u0000b' }, field: 'name' },
  'a name of 10,000 characters': { input: { name: 'a'.repeat(10_000) }, field: 'name' },
  'a name that is a number': { input: { name: 7 }, field: 'name' },
  'a name that looks the same': { input: { name: 'рrod' }, field: 'name' },
  'no name': { input: { name: '' }, field: 'name' },
  'a provider that is none': { input: { provider: '__proto__' }, field: 'provider' },
  'a provider that is a path': { input: { provider: '../generic' }, field: 'provider' },
  'a member that is not known': { input: { colour: password }, field: 'colour' },
  'a field that is not known': { input: { fields: { colour: password } } },
  'a field of another type': { input: { signIn: 'password', fields: { username: 'ci', password: [password] } } },
  'a field with a line break': { input: { signIn: 'password', fields: { username: 'ci\r\nX: y', password } } },
  'a sign-in that is none': { input: { signIn: 'constructor' }, field: 'signIn' },
  'a proxy with another scheme': { input: { connection: { tls: 'plain', proxy: `ftp://u:${password}@127.0.0.1` } } },
  'a certificate that is none': { input: { connection: { tls: 'ca', ca: 'hello' } } },
  'a key that is none': { input: { connection: { clientCertificate: { cert: 'x', key: password } } } },
  'a project that is not there': { input: { allProjects: false, projects: ['nowhere'] }, field: 'projects' },
  'a pinned repository that climbs': { input: { pinnedRepositories: ['../../x'] } },
  'a pinned repository in mixed case': { input: { pinnedRepositories: ['Team/App'] } },
  'a realm with userinfo': { input: { trustedRealms: [`https://a:${password}@b`] } },
  'a negative rate': { input: { connection: { requestsPerSecond: -1 } } },
  'an expiry beyond a year': { input: { credentialExpirySeconds: 1e12 } },
};

describe('a registry', () => {
  it.each(Object.entries(inputs))('is not made of %s', async (_name, { input, field }) => {
    const before = await count();
    const { problem } = await post('/registries', {
      name: 'bad',
      provider: 'generic',
      url: registry.url,
      connection: { tls: 'plain' },
      signIn: 'anonymous',
      ...input,
    });
    expect(problem).toMatchObject({ status: 422, code: 'invalid_settings', fault: 'caller' });
    expectReadable(problem.detail);
    expect(problem.fields?.length).toBeGreaterThan(0);
    if (field) expect(problem.fields?.map((one) => one.field)).toContain(field);
    expect(await count()).toBe(before);
    await hub.expectNoSecret(problem, await hub.api.listAudit());
  });

  it('cannot have a name that differs by case only, neither new nor by an edit', async () => {
    expect(await problemOf(hub.connect(registry.url, { name: 'pROD', signIn: 'anonymous' }))).toMatchObject({
      code: 'already_exists',
      fault: 'caller',
    });
    const other = await hub.connect(registry.url, { name: 'other', signIn: 'anonymous' });
    expect(await problemOf(hub.api.updateRegistry(other.id, { name: 'PROD' }))).toMatchObject({ code: 'already_exists' });
    expect(await hub.api.getRegistry(other.id)).toEqual(other);
    expect((await hub.api.getRegistry('PROD')).name).toBe('Prod');
    await hub.api.deleteRegistry(other.id);
  });

  it('cannot be asked with a name or cursor that is not its own', async () => {
    for (const [path, code] of [
      ['/registries?cursor=junk', 'invalid_cursor'],
      ['/registries?cursor=%00', 'invalid_cursor'],
      [`/registries?cursor=${'a'.repeat(5000)}`, 'invalid_request'],
      ['/registries?limit=0', 'invalid_request'],
      ['/registries?limit=1e9', 'invalid_request'],
      ['/registries?limit=NaN', 'invalid_request'],
      ['/registries?state=exploded', 'invalid_request'],
      ['/registries?colour=red', 'invalid_request'],
      ['/registries?limit=1&limit=2', 'invalid_request'],
      ['/registries/Prod/repositories?cursor=eyJuIjo3fQ', 'invalid_cursor'],
      ['/registries/Prod/repositories/team%2Fapp/tags?cursor=W10', 'invalid_cursor'],
      ['/registries/Prod/repositories/team%2Fapp/tags?filter=%2F(%2F', undefined],
      ['/registries/__proto__', 'not_found'],
      ['/registries/..%2f..%2fusers', 'not_found'],
      ['/registries/%00', 'not_found'],
      ['/registries/a%0d%0ab', 'not_found'],
      [`/registries/${'a'.repeat(900)}`, undefined],
      ['/audit?cursor=eyJhIjoxfQ', 'invalid_cursor'],
      ['/audit?from=yesterday', 'invalid_request'],
      ['/users?cursor=%F0%9F%92%A9', 'invalid_cursor'],
    ] as const) {
      const { status, problem } = await hub.raw(`/api/v1${path}`);
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(status, path).toBeLessThan(500);
      expect(problem.fault, path).toBe('caller');
      if (code) expect(problem.code, path).toBe(code);
      expectReadable(problem.detail);
    }
  });
});

describe('a repository or reference', () => {
  it('that climbs, or is no name at all, never gets to the registry', async () => {
    const before = registry.requests.length;
    const bad = [
      '..%2f..%2fetc',
      '%2e%2e',
      'a%2f..%2fb',
      'Team%2FApp',
      'a%00b',
      'a%0d%0aX:y',
      'a%3Fb',
      'a%23b',
      '%252e%252e',
      `${'a'.repeat(300)}`,
      '%E2%80%AEx',
    ];
    const paths = [
      ...bad.map((text) => `${text}/tags`),
      ...bad.map((text) => `${text}/images/1.0`),
      ...bad.map((text) => `team%2Fapp/images/${text}`).filter((path) => !path.includes('aaaa')),
      ...bad.map((text) => `team%2Fapp/referrers/${text}`),
      'team%2Fapp/images/sha256:123',
      `team%2Fapp/images/sha256:${'A'.repeat(64)}`,
    ];
    for (const path of paths) {
      const { status, problem } = await hub.raw(`/api/v1/registries/Prod/repositories/${path}`);
      expect([400, 404, 422], path).toContain(status);
      expect(problem.fault, path).toBe('caller');
      expectReadable(problem.detail);
    }
    expect(registry.requests.length).toBe(before);
  });
});

describe('a body', () => {
  it('that cannot be read is the fault of who sent it', async () => {
    const sent: [string, Record<string, string>, number, string][] = [
      ['{"name":', {}, 400, 'invalid_request'],
      ['', {}, 400, 'invalid_request'],
      ['[]', {}, 422, 'invalid_settings'],
      ['null', {}, 422, 'invalid_settings'],
      ['"x"', {}, 422, 'invalid_settings'],
      [`{"__proto__":{"role":"administrator"},"name":"x"}`, {}, 400, 'invalid_request'],
      [`{"constructor":{"prototype":{"x":1}},"name":"x"}`, {}, 400, 'invalid_request'],
      [`${'['.repeat(200_000)}`, {}, 400, 'invalid_request'],
      [JSON.stringify({ name: 'x', description: 'x'.repeat(2_000_000) }), {}, 413, 'body_too_large'],
      ['name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
      ['name: x', { 'content-type': 'application/yaml' }, 415, 'unsupported_media_type'],
    ];
    for (const [body, headers, status, code] of sent) {
      const answer = await hub.raw('/api/v1/registries', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect({ status: answer.status, code: answer.problem.code, fault: answer.problem.fault }, body.slice(0, 60)).toEqual({
        status,
        code,
        fault: 'caller',
      });
    }
    for (const header of ['junk', '"a"', '7', '"1", "2"']) {
      const answer = await hub.raw('/api/v1/registries/Prod', { method: 'PATCH', body: '{}', headers: { 'if-match': header } });
      expect(answer.problem, header).toMatchObject({ code: 'invalid_request', fault: 'caller' });
    }
  });

  it('that is half of a request, or none of HTTP, hurts nobody', async () => {
    const { port } = new URL(hub.url);
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1');
        let heard = '';
        socket.on('data', (data) => (heard += String(data)));
        socket.on('error', () => resolve(heard));
        socket.on('close', () => resolve(heard));
        socket.write(text);
        setTimeout(() => socket.end(), 100);
        setTimeout(() => socket.destroy(), 300);
      });
    const answers = await Promise.all([
      say('GET\r\n\r\n'),
      say('\u0016\u0003\u0001'),
      say(
        `POST /api/v1/registries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hub.token}\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{"name":`,
      ),
      say(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`),
      say('GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    ]);
    for (const answer of answers) expect(answer).not.toMatch(/ 500 |at .*\.ts:/);
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    expect(await count()).toBe(1);
  });
});

describe('pasted text', () => {
  it('of any kind is answered, and no secret is sent anywhere', async () => {
    const texts = [
      '\u0000',
      '{"auths":',
      `docker login -u ci -p ${password}`,
      '['.repeat(50_000),
      '\u202e'.repeat(1000),
      '{"auths":{"__proto__":{"auth":"eDp5"}}}',
      'https://169.254.169.254',
    ];
    for (const text of texts) {
      const { status } = await post('/providers/detect', { text });
      expect([200, 422], text.slice(0, 20)).toContain(status);
    }
    const pem = await post('/certificates/parse', { pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' });
    expect(pem.problem).toMatchObject({ code: 'invalid_settings', fault: 'caller' });
    expect(hub.log()).not.toContain(password);
  });
});

describe('a metadata address', () => {
  it('is refused by doctor and catalog without a packet, however it is written', async () => {
    for (const url of ['http://169.254.169.254', 'http://2852039166', 'http://[::ffff:a9fe:a9fe]', 'http://metadata.google.internal']) {
      const report = await hub.api
        .testNewRegistryReport({ registry: { name: 'cloud', provider: 'generic', url, connection: { tls: 'plain' }, signIn: 'anonymous' } })
        .catch((error: { problem: { code: string } }) => ({ state: 'failing', code: error.problem.code }));
      expect(report, url).toMatchObject({ state: 'failing' });
      expect(['address_denied', 'invalid_settings'], url).toContain(report.code);
    }
  });
});
