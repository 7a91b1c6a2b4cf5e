import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext, TagInfo } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeGitHub, LoopbackHttp, startGitHub } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './ghcr.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = pair.privateKey.export({ type: 'pkcs1', format: 'pem' });
const token = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const deleter = 'ghp_deleter2f292c6912E7710c838347Ae178B4';
const jobToken = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a';
const noScope = 'ghp_noScope92c6912E7710c838347Ae178B4a00';

function start(clock: FakeClock): Promise<FakeGitHub> {
  return startGitHub({
    clock,
    tokens: {
      [token]: { login: 'octocat', scopes: ['read:packages'], ends: '2027-10-12 11:00:00 +0200' },
      [deleter]: { login: 'octocat', scopes: ['read:packages', 'delete:packages'] },
      [jobToken]: { login: 'octocat', scopes: ['read:packages'] },
      [noScope]: { login: 'octocat', scopes: ['repo'] },
    },
    apps: { '123456': { key: pair.publicKey, installations: ['987'] } },
    organizations: ['acme'],
    users: ['octocat'],
    public: ['acme'],
  });
}

describeProvider({
  provider,
  hosts: { own: ['ghcr.io', 'GHCR.io'], foreign: ['ghcr.io.evil.io', 'evilghcr.io', 'a.ghcr.io', 'ghcr.com', 'docker.pkg.github.com'] },
  async start() {
    const clock = new FakeClock(Date.now());
    const github = await start(clock);
    for (let i = 0; i < 320; i++) github.content.addRepository(`acme/app-${i}`);
    for (let i = 0; i < 310; i++) github.content.addTag('acme/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const app = { appId: '123456', installationId: '987', privateKey: pem };
    return {
      clock,
      url: new URL(github.registry.origin),
      endpoints: { api: github.api.origin },
      namespace: 'acme',
      scoped: { app: { named: false, push: true } },
      secretEnds: {
        token: { token: Date.UTC(2027, 9, 12, 9, 0, 0) },
        app: { privateKey: undefined },
        actions: {},
        anonymous: {},
      },
      signIns: {
        token: { username: 'octocat', token },
        app,
        actions: { username: 'octocat', githubToken: jobToken },
        anonymous: {},
      },
      refused: {
        token: { username: 'octocat', token: 'ghp_wrong42F292c6912E7710c838347Ae178B4a' },
        app: { ...app, privateKey: other.privateKey.export({ type: 'pkcs1', format: 'pem' }) },
        actions: { username: 'octocat', githubToken: 'ghs_ended42F292c6912E7710c838347Ae178B4a' },
      },
      deleting: {
        signIn: 'token',
        fields: { username: 'octocat', token: deleter },
        without: { signIn: 'token', fields: { username: 'octocat', token } },
      },
      repository: 'acme/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `acme/app-${index}`),
      lifetime: { app: 3600_000 },
      close: () => github.close(),
    };
  },
});

describe('provider ghcr, in particular', () => {
  let clock: FakeClock;
  let github: FakeGitHub;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];
  const classic = { method: 'token', username: 'octocat', token };
  const app = { method: 'app', appId: '123456', installationId: '987', privateKey: pem };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    github = await start(clock);
    for (const name of ['acme/web', 'acme/team/api', 'octocat/hello', 'stranger/tool'])
      github.content.addTag(name, '1.0', clock.now() - 5000);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await github.close();
  });

  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    const url = new URL(github.registry.origin);
    return { url, settings: {}, endpoints: { api: github.api.origin }, signIn, http, clock, ...change } as unknown as CatalogContext;
  }
  async function signedIn(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const ctx = context(signIn, change);
    const credential = await provider.issueCredential(ctx);
    const client = new RegistryClient({
      url: new URL(github.registry.origin),
      tls: { mode: 'plain' },
      retries: 0,
      traits: provider.traits,
      credential,
    });
    clients.push(client);
    return { ...ctx, client };
  }
  const failure = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );
  async function names(ctx: CatalogContext): Promise<string[]> {
    const found: string[] = [];
    for await (const page of provider.listRepositories?.(ctx) ?? []) found.push(...page.items.map(({ name }) => name));
    return found.toSorted();
  }
  async function tags(ctx: CatalogContext, repository: string): Promise<TagInfo[]> {
    const found: TagInfo[] = [];
    for await (const page of provider.listTags?.(ctx, repository) ?? []) found.push(...page.items);
    return found;
  }

  it('deletes no tag that shares its version, nor the last tagged version, and the version with all of its tags by digest', async () => {
    const ctx = context({ ...classic, token: deleter });
    const left = () => [...(github.content.repositories.get('octocat/hello')?.keys() ?? [])];
    github.content.addAlias('octocat/hello', 'latest', '1.0');
    await expect(provider.deleteImage?.(ctx, 'octocat/hello', { tag: '1.0' })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('also tagged latest'),
    });
    const digest = github.content.repositories.get('octocat/hello')?.get('latest')?.digest ?? '';
    await expect(provider.deleteImage?.(ctx, 'octocat/hello', { digest })).rejects.toMatchObject({
      code: 'unsupported',
      context: { help: expect.stringContaining('whole package') },
    });
    expect(left()).toEqual(['1.0', 'latest']);
    github.content.addTag('octocat/hello', '2.0', clock.now());
    await provider.deleteImage?.(ctx, 'octocat/hello', { digest });
    expect(left()).toEqual(['2.0']);
    await expect(provider.deleteImage?.(context({ method: 'anonymous' }), 'acme/web', { tag: '1.0' })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it('lists packages of an organisation, of a user, and of whoever signs in, in lower case', async () => {
    expect(await names(await signedIn(classic, { namespace: 'acme' }))).toEqual(['acme/team/api', 'acme/web']);
    expect(await names(await signedIn(classic, { namespace: 'octocat' }))).toEqual(['octocat/hello']);
    expect(await names(await signedIn(classic))).toEqual(['octocat/hello']);
    expect(await failure(names(await signedIn(app)))).toMatchObject({ fields: [{ field: 'namespace' }] });
    expect(await failure(names(await signedIn({ method: 'anonymous' }, { namespace: 'acme' })))).toMatchObject({
      fields: [{ field: 'signIn' }],
    });
  });

  it('tells digest and time of tags, slashes in names included, and leaves untagged parts out', async () => {
    expect(await tags(await signedIn(classic), 'acme/team/api')).toEqual([
      { name: '1.0', digest: expect.stringMatching(/^sha256:/), pushedAt: Math.floor((clock.now() - 5000) / 1000) * 1000 },
    ]);
    expect(github.api.calls.at(-1)?.target).toContain('/packages/container/team%2Fapi/versions');
  });

  it('asks the registry where the API knows nothing', async () => {
    expect(await tags(await signedIn(classic), 'stranger/tool')).toEqual([{ name: '1.0' }]);
    expect(await tags(await signedIn({ method: 'anonymous' }), 'acme/web')).toEqual([{ name: '1.0' }]);
  });

  it('never uses the placeholder scope', async () => {
    await tags(await signedIn({ method: 'anonymous' }), 'acme/web');
    expect(github.registry.calls.map(({ target }) => target).join(' ')).not.toMatch(/user(?:%2F|\/)image/);
  });

  it('signs as the App, a minute back and for less than ten', async () => {
    await provider.issueCredential(context(app));
    const [, payload = ''] = (github.api.calls[0]?.headers['authorization'] ?? '').split('.');
    const now = Math.floor(clock.now() / 1000);
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ iat: now - 60, exp: now + 480, iss: '123456' });
  });

  it('makes one token of the App for a whole listing', async () => {
    const ctx = await signedIn(app, { namespace: 'acme' });
    await names(ctx);
    await tags(ctx, 'acme/web');
    expect(github.api.calls.filter(({ url }) => url.pathname.startsWith('/app/'))).toHaveLength(2);
    await clock.advance(3600_000);
    await names(ctx);
    expect(github.api.calls.filter(({ url }) => url.pathname.startsWith('/app/'))).toHaveLength(3);
  });

  it('explains an installation that is not the App’s, and a token without the scope', async () => {
    const error = await failure(provider.issueCredential(context({ ...app, installationId: '1' })));
    expect(provider.explain?.(error, { signIn: 'app' })).toMatchObject({ field: 'fields.installationId' });
    const list = await failure(names(await signedIn({ ...classic, token: noScope }, { namespace: 'acme' })));
    expect(provider.explain?.(list, { signIn: 'token' })?.help).toContain('read:packages');
  });

  describe('what people paste', () => {
    const url = new URL('https://ghcr.io');
    const check = (signIn: string, fields: Record<string, string>) => {
      try {
        return checkFields(provider, { signIn, fields, url });
      } catch (error) {
        return error;
      }
    };
    it.each([
      ['PEM', pem],
      ['PKCS #8', pair.privateKey.export({ type: 'pkcs8', format: 'pem' })],
      ['PEM with blanks around it', `  \r\n${pem}\n\n`],
      ['PEM with written line ends', pem.replaceAll('\n', '\\n')],
      ['PEM in quotes', `"${pem.replaceAll('\n', '\\n')}"`],
      ['PEM on one line', pem.replaceAll('\n', ' ')],
      ['base64 of PEM', Buffer.from(pem).toString('base64')],
    ])('is taken as a private key: %s', async (_how, privateKey) => {
      expect(check('app', { appId: '123456', installationId: '987', privateKey })).toMatchObject({ signIn: 'app' });
      await expect(provider.issueCredential(context({ ...app, privateKey }))).resolves.toMatchObject({ username: 'x-access-token' });
    });

    it.each([
      ['a key cut off', 'app', { appId: '123456', installationId: '987', privateKey: pem.slice(0, 700) }, 'fields.privateKey', /cut off/],
      [
        'a fine-grained token',
        'token',
        { username: 'octocat', token: 'github_pat_11ABCDEFG0abcdefghijkl_mnop' },
        'fields.token',
        /classic/,
      ],
      ['user and token swapped', 'token', { username: token, token: 'octocat' }, 'fields.username', /swapped/],
    ])('is refused in words: %s', (_what, signIn, fields, field, words) => {
      const error = check(signIn, fields);
      expect(error).toMatchObject({ fields: [{ field, message: expect.stringMatching(words) }] });
      for (const value of Object.values(fields)) if (value.length > 20) expect(inspect(error)).not.toContain(value.slice(0, 30));
    });
  });

  it('never sends a token of an Enterprise Server to github.com', async () => {
    const ctx = context(classic, { url: new URL('https://containers.github.example.com'), endpoints: undefined, namespace: 'acme' });
    expect(await failure(names(ctx))).toMatchObject({ fields: [{ field: 'fields.apiUrl' }] });
    expect(http.requests).toEqual([]);
  });

  it('waits for a quota that is back at once, and says when one comes back that is not', async () => {
    const ctx = await signedIn(classic, { namespace: 'acme' });
    github.throttle(9, 1800);
    const error = await failure(names(ctx));
    expect(error).toMatchObject({ code: 'registry_rate_limited', retryAfter: expect.any(Number) });
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(1_700_000);
    expect(provider.explain?.(error, { signIn: 'token' })?.help).toContain('requests per second');
  });

  it.each([
    ['https://ghcr.io/Acme/app', 'acme'],
    ['https://ghcr.io/v2/', undefined],
    ['https://ghcr.io/', undefined],
    ['https://example.com/acme', undefined],
  ])('reads of %s the owner %s', (url, owner) => {
    expect(provider.inferNamespace?.(new URL(url))).toBe(owner);
  });
});
