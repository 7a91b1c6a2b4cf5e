import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, startRegistry } from '../../src/testing/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { serve } from '../doctor/servers.ts';
import { type FaultHub, password, problemOf, startFaultHub } from './fault-hub.ts';
import { type Answer, flood, type HostileServer, holds, json, startHostile, stall } from './hostile.ts';

let hub: FaultHub;

beforeAll(async () => {
  const lookup = async (name: string) => {
    if (name === 'localhost') return [{ address: '127.0.0.1', family: 4 as const }];
    if (name === 'rebound.test') return [{ address: '169.254.169.254', family: 4 as const }];
    throw Object.assign(new Error('not found'), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name });
  };
  hub = await startFaultHub({ outbound: { lookup, timeouts: { connect: 1000, headers: 1000, body: 300, total: 4000 } } });
});
afterAll(() => hub.close());

/** A registry that wants tokens of a realm. */
async function tokenRegistry(realm: (server: HostileServer) => string): Promise<HostileServer> {
  const server = await startHostile();
  const challenge = { 'www-authenticate': `Bearer realm="${realm(server)}",service="x",scope="repository:app:pull"` };
  const guarded: Answer = (response, request) =>
    request.headers.authorization === 'Bearer good-token'
      ? json({ tags: ['1.0'] })(response, request)
      : json({ errors: [{ code: 'UNAUTHORIZED' }] }, 401, challenge)(response, request);
  server.on('/v2/', guarded);
  server.on(/tags/, guarded);
  return server;
}

const tokens: Record<string, { answer: () => Answer; code: string }> = {
  junk: { answer: () => json('tokens are out'), code: 'invalid_answer' },
  'a web page': { answer: () => json('<html>', 200, { 'content-type': 'text/html' }), code: 'invalid_answer' },
  'an object without a token': { answer: () => json({ expires_in: 300 }), code: 'invalid_answer' },
  'a token that is a number': { answer: () => json({ token: 7 }), code: 'invalid_answer' },
  'a token that splits a header': { answer: () => json({ token: 'good\r\nX-Evil: 1' }), code: 'invalid_answer' },
  'more than 64 KiB': { answer: () => json({ token: 'a'.repeat(65 * 1024) }), code: 'invalid_answer' },
  'a flood': { answer: () => flood(), code: 'invalid_answer' },
  silence: { answer: () => stall('{"token":'), code: 'body_timeout' },
  'a refusal that repeats the password': {
    answer: () => (response, request) =>
      json(
        {
          errors: [
            { code: 'UNAUTHORIZED', message: `wrong: ${Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()}` },
          ],
        },
        401,
      )(response, request),
    code: 'credential_refused',
  },
  'a redirect to a metadata service': { answer: () => json('', 302, { location: 'http://169.254.169.254/token' }), code: 'address_denied' },
  'a redirect to a name of a metadata service': {
    answer: () => json('', 302, { location: 'http://rebound.test/token' }),
    code: 'address_denied',
  },
};

describe('a token server', () => {
  it.each(Object.entries(tokens))('that answers %s is named as the one at fault', async (_name, { answer, code }) => {
    await using server = await tokenRegistry(({ url }) => `${url}/token`);
    server.on(/^\/token/, answer());
    const { name } = await hub.connect(server.url);
    const problem = await problemOf(hub.api.listTags(name, 'app'));
    expect(problem).toMatchObject({ code, fault: 'remote' });
    await hub.expectNoSecret(problem, await hub.api.listAudit());
  });

  it.each([
    ['no expiry', {}],
    ['an expiry of the wrong type', { expires_in: { seconds: 3 } }],
    ['an expiry in the past', { expires_in: -5 }],
    ['a time of issue that is none', { expires_in: 300, issued_at: 'yesterday' }],
  ])('with %s still serves', async (_name, more) => {
    await using server = await tokenRegistry(({ url }) => `${url}/token`);
    server.on(/^\/token/, json({ token: 'good-token', ...more }));
    const { name } = await hub.connect(server.url);
    expect((await hub.api.listTags(name, 'app')).items).toHaveLength(1);
    await hub.api.listTags(name, 'app', { refresh: true });
    expect(
      server.received.filter((one) => one.path.startsWith('/token')),
      'a token is kept for a while',
    ).toHaveLength(1);
  });

  it('on another host gets no password, and is offered for trust', async () => {
    await using other = await startHostile();
    await using server = await tokenRegistry(() => `http://localhost:${other.host.split(':')[1]}/token`);
    const { name } = await hub.connect(server.url);
    const problem = await problemOf(hub.api.listTags(name, 'app'));
    expect(problem).toMatchObject({ code: 'realm_untrusted' });
    expect(other.received).toEqual([]);
    const report = await hub.api.testRegistryReport(name);
    expect(report.state).toBe('failing');
    expect(JSON.stringify(report)).toContain('trust-realm');
    expect(other.received.every((one) => one.headers.authorization === undefined)).toBe(true);
    await hub.expectNoSecret(problem, report);
  });

  it('at a metadata address is refused without a packet', async () => {
    for (const realm of ['http://169.254.169.254/token', 'http://metadata.google.internal/token', 'file:///etc/passwd', 'not a url']) {
      await using server = await tokenRegistry(() => realm);
      const { name } = await hub.connect(server.url);
      const problem = await problemOf(hub.api.listTags(name, 'app'));
      expect(['realm_untrusted', 'address_denied', 'registry_unauthorized', 'invalid_answer']).toContain(problem.code);
      expect(holds(server.received, password)).toBe(false);
    }
  });
});

describe('a sign-in', () => {
  it('is not sent along a redirect to another origin', async () => {
    await using other = await startHostile();
    other.on(/tags/, json({ tags: ['stolen'] }));
    await using server = await startHostile();
    const basic: Answer = (response, request) =>
      request.headers.authorization
        ? json('', 307, { location: `${other.url}/v2/app/tags/list` })(response, request)
        : json({}, 401, { 'www-authenticate': 'Basic realm="x"' })(response, request);
    server.on('/v2/', basic);
    server.on(/tags/, basic);
    const { name } = await hub.connect(server.url);
    await hub.api.listTags(name, 'app').catch(() => undefined);
    expect(holds(server.received, password)).toBe(true);
    expect(other.received.length).toBeGreaterThan(0);
    expect(holds(other.received, password)).toBe(false);
    expect(other.received.every((one) => one.headers.authorization === undefined && one.headers.cookie === undefined)).toBe(true);
  });

  it('is not given to what an other origin asks for after a redirect', async () => {
    await using other = await startHostile();
    other.on(/.*/, json({}, 401, { 'www-authenticate': 'Basic realm="phish"' }));
    await using server = await startHostile();
    server.on(/tags/, json('', 307, { location: `${other.url}/steal` }));
    const { name } = await hub.connect(server.url);
    const problem = await problemOf(hub.api.listTags(name, 'app'));
    expect(problem).toMatchObject({ code: 'registry_unauthorized', fault: 'remote' });
    expect(problem.detail).toContain(other.url);
    expect(holds([...other.received, ...server.received], password)).toBe(false);
  });

  it('never goes from https to http', async () => {
    await using plain = await startHostile();
    const authority = await createAuthority();
    await using server = await serve(
      (_request, response) => {
        response.writeHead(302, { location: `${plain.url}/v2/app/tags/list` }).end();
      },
      await authority.issue(),
    );
    const { name } = await hub.connect(`https://${server.host}`, { connection: { tls: 'ca', ca: authority.cert } });
    expect(await problemOf(hub.api.listTags(name, 'app'))).toMatchObject({ code: 'redirect_denied', fault: 'remote' });
    expect(plain.received).toEqual([]);
  });

  it('goes to no foreign token server, although a second challenge is offered', async () => {
    await using other = await startHostile();
    await using server = await startHostile();
    const challenges = [`Bearer realm="http://localhost:${other.host.split(':')[1]}/token"`, 'Basic realm="x"'];
    server.on(/.*/, json({}, 401, { 'www-authenticate': challenges }));
    const { name } = await hub.connect(server.url);
    await problemOf(hub.api.listTags(name, 'app'));
    expect(holds(other.received, password)).toBe(false);
  });

  it('that is revoked in the middle of a listing is renewed once, and then told', async () => {
    await using registry = await startRegistry({ auth: { kind: 'token', users: { ci: password } }, pageSize: 2, maxPageSize: 2 });
    registry.put('app', buildImage(), '1.0', '1.1', '1.2', '1.3', '1.4');
    const { name } = await hub.connect(registry.url);
    registry.faults.add(
      { path: /tags\/list.*last=/ },
      {
        answer: {
          status: 401,
          headers: {
            'www-authenticate': `Bearer realm="${registry.auth.realm}",service="tagboat-testing",scope="repository:app:pull",error="invalid_token"`,
          },
          body: {},
        },
      },
    );
    const whole = await hub.api.listTags(name, 'app');
    expect(whole.items).toHaveLength(5);
    expect(whole.partial).toBeUndefined();

    registry.auth.setPassword('ci', 'another');
    registry.faults.add(
      { path: /tags\/list.*last=/, times: Number.POSITIVE_INFINITY },
      {
        answer: {
          status: 401,
          headers: {
            'www-authenticate': `Bearer realm="${registry.auth.realm}",service="tagboat-testing",scope="repository:app:pull",error="invalid_token"`,
          },
          body: {},
        },
      },
    );
    const part = await hub.api.listTags(name, 'app', { refresh: true });
    expect(part.items, 'what was known stays').toHaveLength(5);
    expect(['credential_refused', 'registry_unauthorized']).toContain(part.partial?.code);
    await hub.expectNoSecret(part);
  });
});

describe("Debian's docker-registry", () => {
  it('that goes away leaves what is known, and says what happened', async () => {
    const registry = await startDockerRegistry({ kind: 'htpasswd', password });
    try {
      const { name } = await hub.connect(registry.url);
      const whole = await hub.api.listRepositories(name);
      expect(whole.partial).toBeUndefined();
      expect(await problemOf(hub.api.listTags(name, 'no/such'))).toMatchObject({ code: 'registry_not_found', fault: 'remote' });
      expect(await problemOf(hub.api.getImage(name, 'no/such', '1.0'))).toMatchObject({ code: 'registry_not_found', fault: 'remote' });
      await registry.stop();
      const stale = await hub.api.listRepositories(name, { refresh: true });
      expect(stale.partial?.code).toBe('connection_refused');
      const report = await hub.api.testRegistryReport(name);
      expect(report).toMatchObject({ state: 'failing', code: 'connection_refused' });
      expect((await hub.api.getRegistry(name)).state).toMatchObject({ state: 'failing', code: 'connection_refused' });
      await hub.expectNoSecret(stale, report);
    } finally {
      await registry.stop();
    }
  });
});
