import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { ProviderSet } from '../provider/set.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeQuay, LoopbackHttp, startQuay } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './quay.ts';

const robotToken = 'BD3OPQ8ZKJ7N2V5XH1C9T4MYRW6LASGEU0FI3KQ8ZBD7N2V5XH1C9T4MYRW6LASG';
const accessToken = 'HqfYzP0m8kRrVnVh2Yy7w1K9tZ3uLxQdC5sBgEaT';
const encrypted = 'P0m8kRrVnVh2Yy+7w1K9tZ3uLxQdC5s/BgEaTHqfYz==';
const subject = 'system:serviceaccount:tagboat:hub';

function start(clock: FakeClock, change: Partial<Parameters<typeof startQuay>[0]> = {}): Promise<FakeQuay> {
  return startQuay({
    clock,
    robots: { 'acme+ci': robotToken },
    users: { ana: encrypted },
    accessTokens: [accessToken],
    federation: { 'acme+hub': subject },
    public: ['acme'],
    private: ['inner'],
    ...change,
  });
}

describeProvider({
  provider,
  hosts: { own: ['quay.io', 'QUAY.IO'], foreign: ['quay.io.evil.io', 'evilquay.io', 'cdn.quay.io', 'quay-io.example', 'quay.example.com'] },
  async start() {
    const clock = new FakeClock(Date.now());
    const quay = await start(clock);
    for (let i = 0; i < 320; i++) quay.content.addRepository(`acme/app-${i}`);
    for (let i = 0; i < 310; i++) quay.content.addTag('acme/app-0', `1.0.${i}`, clock.now() - i * 1000);
    quay.content.addRepository('hidden/secret');
    const end = Math.floor(clock.now() / 1000) * 1000 + 7 * 86_400_000;
    return {
      clock,
      url: new URL(quay.service.origin),
      namespace: 'acme',
      signIns: {
        robot: { username: 'acme+ci', password: robotToken },
        user: { username: 'ana', password: encrypted },
        oauth: { accessToken },
        federation: { username: 'acme+hub', oidcToken: quay.issuer.issue({ sub: subject }, 7 * 86_400) },
        anonymous: {},
      },
      refused: {
        robot: { username: 'acme+ci', password: 'NOTTHETOKENOFTHEROBOT' },
        user: { username: 'ana', password: 'not-the-password' },
        oauth: { accessToken: 'notAnAccessTokenOfThisQuay' },
        federation: { username: 'acme+hub', oidcToken: quay.issuer.issue({ sub: 'system:serviceaccount:other:hub' }, 3600) },
      },
      repository: 'acme/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `acme/app-${index}`),
      lifetime: { federation: 3600_000 },
      listingSignIn: 'oauth',
      secretEnds: { robot: {}, user: {}, oauth: {}, federation: { oidcToken: end }, anonymous: {} },
      close: () => quay.close(),
    };
  },
});

describe('provider quay, in particular', () => {
  let clock: FakeClock;
  let quay: FakeQuay;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];
  const robot = { method: 'robot', username: 'acme+ci', password: robotToken };
  const oauth = { method: 'oauth', accessToken };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    quay = await start(clock);
    for (const name of ['acme/a', 'acme/b/c', 'inner/d', 'hidden/e']) quay.content.addTag(name, '1.0', clock.now() - 5000);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await quay.close();
  });

  async function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const context = { url: new URL(quay.service.origin), settings: {}, signIn, http, clock, ...change } as unknown as CatalogContext;
    const credential = await provider.issueCredential(context);
    const client = new RegistryClient({ url: quay.service.origin, tls: { mode: 'plain' }, retries: 0, credential });
    clients.push(client);
    return { ...context, client };
  }
  const names = async (ctx: CatalogContext) =>
    (await Array.fromAsync(provider.listRepositories?.(ctx) ?? [])).flatMap(({ items }) => items.map(({ name }) => name));
  const tags = async (ctx: CatalogContext, repository: string) =>
    (await Array.fromAsync(provider.listTags?.(ctx, repository) ?? [])).flatMap(({ items }) => items);
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );

  it('is recognised by its token server, wherever it runs', () => {
    const set = new ProviderSet([provider]);
    const realm = new URL('https://quay.example.com/v2/auth');
    expect(set.detectByAnswer({ realm, service: 'quay.example.com', headers: {} })?.id).toBe('quay');
    expect(set.detectByAnswer({ realm: new URL('https://example.com/v2/token'), headers: {} })).toBeUndefined();
  });

  it.each([
    ['https://quay.io/repository/acme/app?tab=tags', 'acme', 'https://quay.io/acme'],
    ['https://quay.io/organization/acme', 'acme', 'https://quay.io/acme'],
    ['https://quay.io/acme/app', 'acme', 'https://quay.io/acme'],
    ['https://quay.io/', undefined, 'https://quay.io/'],
    ['https://quay.io/v2/', undefined, 'https://quay.io/'],
    ['https://quay.example.com:8443/repository/acme/app', 'acme', 'https://quay.example.com:8443/'],
  ])('reads %s', (pasted, namespace, url) => {
    expect(provider.inferNamespace?.(new URL(pasted))).toBe(namespace);
    expect(provider.normaliseUrl?.(new URL(pasted)).href).toBe(url);
  });

  it('tells when an entered identity token ends, and nothing of secrets that do not say', async () => {
    const end = (signIn: Record<string, unknown>) => provider.secretEnds?.({ signIn } as unknown as CatalogContext);
    const oidcToken = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"exp":1900000000}').toString('base64url')}.c2ln`;
    expect(await end({ method: 'federation', username: 'acme+hub', oidcToken })).toEqual({ oidcToken: 1_900_000_000_000 });
    expect(await end({ method: 'federation', username: 'acme+hub' })).toEqual({});
    expect(await end({ method: 'robot', username: 'acme+hub', password: 'X' })).toEqual({});
  });

  it('notices a robot’s name and token that are swapped', () => {
    const fields = { username: robotToken, password: 'acme+ci' };
    expect(() => checkFields(provider, { signIn: 'robot', fields })).toThrow(/swapped/);
    expect(() => checkFields(provider, { signIn: 'federation', fields: { username: 'acme+hub', oidcToken: 'abc' } })).toThrow(
      /three parts/,
    );
  });

  it('lists for a robot what it was given, and what everybody may read of the namespace', async () => {
    expect((await names(await context(robot))).toSorted()).toEqual(['inner/d']);
    expect((await names(await context(robot, { namespace: 'acme' }))).toSorted()).toEqual(['acme/a', 'acme/b/c']);
    expect(await names(await context(robot, { namespace: 'inner' }))).toEqual(['inner/d']);
  });

  it('follows the opaque cursor of the catalog over many pages, and asks for no scope there', async () => {
    for (let i = 0; i < 350; i++) quay.content.addRepository(`inner/many-${i}`);
    expect(await names(await context(robot))).toHaveLength(351);
    expect(quay.service.calls.filter(({ url }) => url.pathname === '/v2/_catalog').length).toBeGreaterThan(3);
    expect(quay.service.calls.some(({ target }) => target.includes('catalog%3A'))).toBe(false);
  });

  it('lists with an access token what its owner may see', async () => {
    expect(await names(await context(oauth, { namespace: 'inner' }))).toEqual(['inner/d']);
    expect(await tags(await context(oauth), 'inner/d')).toMatchObject([{ name: '1.0', digest: expect.any(String), size: 4321 }]);
  });

  it('knows an access token that was entered as docker login wants it', async () => {
    const pasted = { method: 'robot', username: '$oauthtoken', password: accessToken };
    expect(await names(await context(pasted, { namespace: 'inner' }))).toEqual(['inner/d']);
    expect(await tags(await context(pasted), 'inner/d')).toMatchObject([{ digest: expect.any(String) }]);
  });

  it('wants a namespace of those who do not sign in', async () => {
    const error = await failure(names(await context({ method: 'anonymous' })));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(provider.explain?.(error, { signIn: 'anonymous' })).toMatchObject({ field: 'namespace' });
    expect(await names(await context({ method: 'anonymous' }, { namespace: 'acme' }))).toEqual(['acme/a', 'acme/b/c']);
  });

  it('lists for a robot where the API is closed to everybody', async () => {
    await quay.close();
    quay = await start(clock, { anonymousAccess: false });
    quay.content.addTag('inner/d', '1.0', clock.now());
    expect(await names(await context(robot, { namespace: 'inner' }))).toEqual(['inner/d']);
  });

  it('names private tags for a robot, which the API does not know, and dates public ones', async () => {
    expect(await tags(await context(robot), 'inner/d')).toEqual([{ name: '1.0' }]);
    expect(await tags(await context(robot), 'acme/b/c')).toMatchObject([{ name: '1.0', pushedAt: expect.any(Number) }]);
  });

  it('leaves out tags that are gone, and the size of an index', async () => {
    quay.content.addTag('acme/a', '2.0-multi', clock.now());
    const found = await tags(await context(oauth), 'acme/a');
    expect(found.map(({ name, size }) => [name, size])).toEqual([
      ['1.0', 4321],
      ['2.0-multi', undefined],
    ]);
  });

  it('never sends a robot’s token to the API', async () => {
    await tags(await context(robot), 'acme/a');
    const calls = quay.service.calls.filter(({ url }) => url.pathname.startsWith('/api/'));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers['authorization']).toBeUndefined();
  });

  describe('robot federation from this machine’s token', () => {
    const federation = { method: 'federation', username: 'acme+hub' };
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tagboat-quay-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    async function tokenFile(audience: unknown): Promise<string> {
      const path = join(folder, 'token');
      await writeFile(path, `${quay.issuer.issue({ sub: subject, aud: audience }, 600)}\n`);
      vi.stubEnv('TAGBOAT_IDENTITY_TOKEN_FILE', path);
      return path;
    }

    it.each([
      ['host', () => new URL(quay.service.origin).host],
      ['URL, among others', () => ['https://kubernetes.default.svc', quay.service.origin]],
    ])('is sent to the registry that it was made for, by %s', async (_what, audience) => {
      await tokenFile(audience());
      expect(await names(await context(federation, { namespace: 'acme' }))).toHaveLength(2);
    });

    it('is read anew each time', async () => {
      await tokenFile(quay.service.origin);
      await context(federation);
      await clock.advance(900_000);
      expect(await failure(context(federation))).toMatchObject({ code: 'credential_refused' });
      await tokenFile(quay.service.origin);
      await context(federation);
    });

    it('is sent to no other host', async () => {
      await tokenFile('https://quay.io');
      expect(await failure(context(federation))).toMatchObject({
        code: 'credential_unavailable',
        message: expect.stringContaining('audience'),
      });
      vi.stubEnv('TAGBOAT_IDENTITY_TOKEN_FILE', undefined);
      expect(await failure(context(federation))).toMatchObject({ code: 'credential_unavailable' });
      vi.stubEnv('TAGBOAT_IDENTITY_TOKEN_FILE', join(folder, 'missing'));
      expect(await failure(context(federation))).toMatchObject({ message: expect.stringContaining('ENOENT') });
      expect(quay.service.calls).toEqual([]);
    });
  });

  it('explains what the API refuses to an access token, and what the registry refuses to a robot', async () => {
    const denied = await failure(tags(await context(oauth), 'hidden/e'));
    expect(denied).toMatchObject({ code: 'registry_denied' });
    expect(provider.explain?.(denied, { signIn: 'oauth' })).toMatchObject({ field: 'fields.accessToken' });
    const hidden = await failure(tags(await context(robot), 'hidden/e'));
    expect(provider.explain?.(hidden, { signIn: 'robot' })?.message).toMatch(/may not read|refused/);
  });

  it('says when to come back if the API throttles', async () => {
    quay.throttle(1);
    const error = await failure(tags(await context(oauth), 'acme/a'));
    expect(error).toMatchObject({ code: 'registry_rate_limited', retryAfter: 1000 });
    expect(provider.explain?.(error, { signIn: 'oauth' })?.help).toContain('requests per second');
  });
});
