import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { trustsRealm } from '../provider/realm.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeEcrPublic, LoopbackHttp, startEcrPublic } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './ecr-public.ts';

const rights = ['ecr-public:*', 'sts:GetServiceBearerToken'];

function stubEnvironment(values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value === '' ? undefined : value);
}

describeProvider({
  provider,
  hosts: {
    own: ['public.ecr.aws', 'ecr-public.aws.com', 'gallery.ecr.aws', 'PUBLIC.ECR.AWS'],
    foreign: [
      'ecr.aws',
      'x.public.ecr.aws',
      'public.ecr.aws.evil.io',
      'ecr-public.aws.com.evil.io',
      'public-ecr.aws',
      'ecr-public.aws.evil.io',
      'aws.com',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const ecr = await startEcrPublic({ clock, pageLimit: 9 });
    for (let i = 0; i < 32; i++) ecr.content.addRepository(`acme/team/app-${i}`);
    for (let i = 0; i < 34; i++) ecr.content.addTag('acme/team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    ecr.content.addTag('docker/library/alpine', 'latest', clock.now());
    const user = ecr.aws.accounts.addUser(ecr.aws.account, 'ci', rights);
    ecr.aws.setMachineRole(ecr.aws.accounts.addRole(ecr.aws.account, 'node', { actions: rights, trusts: [] }));
    stubEnvironment(ecr.aws.environment('instance'));
    const token = ecr.aws.accounts.addWebIdentity('system:serviceaccount:shop:web');
    const pull = ecr.aws.accounts.addRole(ecr.aws.account, 'pull', { actions: rights, trusts: ['system:serviceaccount:shop:web'] });
    const annotations = { 'eks.amazonaws.com/ecr-role-arn': pull };
    return {
      clock,
      url: new URL(ecr.registry.origin),
      endpoints: { api: ecr.api.origin, registry: ecr.registry.origin, sts: ecr.aws.sts.origin },
      signIns: { anonymous: {}, 'access-key': user, role: {} },
      creating: {
        signIn: 'access-key',
        repositories: ['acme/new', 'acme/team/newer'],
        has: (name: string) => ecr.content.repositories.has(name),
      },
      deleting: {
        signIn: 'access-key',
        without: {
          signIn: 'access-key',
          fields: ecr.aws.accounts.addUser(ecr.aws.account, 'reader', ['ecr-public:DescribeRepositories']),
        },
      },
      workload: {
        good: { token, annotations },
        bad: { 'a token of nobody': { token: `${token.slice(0, -4)}AAAA`, annotations } },
      },
      secretEnds: { 'access-key': { secretAccessKey: undefined }, role: {}, anonymous: {} },
      refused: { 'access-key': { ...user, secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx' } },
      repository: 'acme/team/app-0',
      tags: Array.from({ length: 34 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 32 }, (_, index) => `acme/team/app-${index}`),
      lifetime: { 'access-key': 12 * 3600_000, role: 12 * 3600_000 },
      listingSignIn: 'access-key',
      async close() {
        vi.unstubAllEnvs();
        await ecr.close();
      },
    };
  },
});

describe('provider ecr-public, in particular', () => {
  let clock: FakeClock;
  let ecr: FakeEcrPublic;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    ecr = await startEcrPublic({ clock });
    for (const name of ['acme/app', 'acme/team/tool', 'docker/library/alpine', 'other/app']) ecr.content.addTag(name, '1.0', clock.now());
    http = new LoopbackHttp();
    stubEnvironment(ecr.aws.environment('none'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await ecr.close();
  });

  const keyOf = (actions: readonly string[] = rights) => ({
    method: 'access-key',
    ...ecr.aws.accounts.addUser(ecr.aws.account, 'ci', actions),
  });
  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    return {
      url: new URL(ecr.registry.origin),
      endpoints: { api: ecr.api.origin, registry: ecr.registry.origin },
      settings: {},
      signIn,
      http,
      clock,
      ...change,
    } as unknown as CatalogContext;
  }
  async function signedIn(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const ctx = context(signIn, change);
    const credential = await provider.issueCredential(ctx);
    const client = new RegistryClient({
      url: ecr.registry.origin,
      tls: { mode: 'plain' },
      retries: 0,
      traits: provider.traits,
      credential,
    });
    clients.push(client);
    return { ...ctx, client };
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

  it('deletes nothing of another account, nor one’s own repository of the same name in its place', async () => {
    const own = { method: 'access-key', ...ecr.aws.accounts.addUser(ecr.aws.account, 'ci', rights) };
    await expect(provider.deleteImage?.(context(own), 'other/app', { tag: '1.0' })).rejects.toMatchObject({ code: 'registry_denied' });
    await expect(provider.deleteImage?.(context({ method: 'anonymous' }), 'acme/app', { tag: '1.0' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(ecr.content.repositories.get('acme/app')?.has('1.0')).toBe(true);
    expect(ecr.api.calls.some(({ headers }) => headers['x-amz-target']?.endsWith('.BatchDeleteImage'))).toBe(false);
  });

  it.each([
    ['https://gallery.ecr.aws/docker/library/alpine', 'docker', 'https://public.ecr.aws/docker'],
    ['https://gallery.ecr.aws//evil.example/x', undefined, 'https://public.ecr.aws/'],
    ['https://public.ecr.aws/acme/app', 'acme', 'https://public.ecr.aws/acme/app'],
    ['https://ecr-public.aws.com/', undefined, 'https://ecr-public.aws.com/'],
  ])('reads %s', (pasted, alias, url) => {
    expect(provider.inferNamespace?.(new URL(pasted))).toBe(alias);
    expect(provider.normaliseUrl?.(new URL(pasted)).href).toBe(url);
  });

  it('trusts the token server of either host, and no look-alike', () => {
    for (const good of ['https://public.ecr.aws/token/', 'https://ecr-public.aws.com/token/'])
      expect(trustsRealm(provider, new URL(good))).toBe(true);
    for (const bad of ['http://public.ecr.aws/token/', 'https://public.ecr.aws.evil.io/', 'https://gallery.ecr.aws/token/'])
      expect(trustsRealm(provider, new URL(bad))).toBe(false);
  });

  it.each([
    ['public.ecr.aws', 'https://api.ecr-public.us-east-1.amazonaws.com'],
    ['ecr-public.aws.com', 'https://ecr-public.us-east-1.api.aws'],
  ])('calls for %s the API at %s', async (host, api) => {
    await failure(provider.issueCredential(context(keyOf(), { url: new URL(`https://${host}`), endpoints: undefined })));
    // Refused by the test's connection, before any packet.
    expect(http.requests).toEqual([`POST ${api}/`]);
  });

  it('lists one’s own repositories by their names in references, below the alias', async () => {
    expect(await names(context(keyOf()))).toEqual(['acme/app', 'acme/team/tool']);
    expect(await names(context(keyOf(), { namespace: 'acme/team' }))).toEqual(['acme/team/tool']);
    expect(await names(context(keyOf(), { namespace: 'other' }))).toEqual([]);
  });

  it('tells digest, size and time of one’s own tags, and the names of others’', async () => {
    ecr.content.addTag('acme/app', '1.0-multi', clock.now());
    const entry = ecr.content.repositories.get('acme/app')?.get('1.0');
    expect(await tags(await signedIn(keyOf()), 'acme/app')).toEqual([
      expect.objectContaining({ name: '1.0', digest: entry?.digest, size: 12_345, pushedAt: expect.closeTo(clock.now(), -1) }),
      expect.objectContaining({ name: '1.0-multi', size: undefined }),
    ]);
    // Another account's, of the same name as one's own.
    expect(await tags(await signedIn(keyOf()), 'other/app')).toEqual([{ name: '1.0' }]);
    expect(await tags(await signedIn(keyOf()), 'docker/library/alpine')).toEqual([{ name: '1.0' }]);
  });

  it('names tags all the same with a key that may only sign in', async () => {
    const ctx = await signedIn(keyOf(['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken']));
    expect(await tags(ctx, 'acme/app')).toEqual([{ name: '1.0' }]);
    const error = await failure(names(ctx));
    expect(error).toMatchObject({ code: 'registry_denied' });
    expect(provider.explain?.(error, { signIn: 'access-key' })?.message).toContain('ecr-public:DescribeRepositories');
  });

  it('lists nothing to those who do not sign in, and says what to do', async () => {
    const error = await failure(names(await signedIn({ method: 'anonymous' })));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(provider.explain?.(error, { signIn: 'anonymous' })).toMatchObject({ field: 'signIn', help: expect.stringContaining('Pin') });
  });

  it('sends the password of this machine’s role to no other host', async () => {
    stubEnvironment(ecr.aws.environment('instance'));
    ecr.aws.setMachineRole(ecr.aws.accounts.addRole(ecr.aws.account, 'node', { actions: rights, trusts: [] }));
    for (const url of ['https://registry.evil.example', 'https://public.ecr.aws.evil.io', 'http://127.0.0.1:1']) {
      await expect(provider.issueCredential(context({ method: 'role' }, { url: new URL(url) }))).rejects.toMatchObject({
        fields: [{ field: 'url' }],
      });
    }
    expect(ecr.api.calls).toEqual([]);
    await expect(provider.issueCredential(context({ method: 'role' }, { url: new URL('https://public.ecr.aws') }))).resolves.toMatchObject({
      username: 'AWS',
    });
  });

  it('explains a machine without a role, and a policy without sts:GetServiceBearerToken', async () => {
    const none = await failure(provider.issueCredential(context({ method: 'role' })));
    expect(provider.explain?.(none, { signIn: 'role' })).toMatchObject({ field: 'signIn' });
    const lacking = await failure(provider.issueCredential(context(keyOf(['ecr-public:*']))));
    expect(provider.explain?.(lacking, { signIn: 'access-key' })?.message).toContain('sts:GetServiceBearerToken');
  });

  it('signs with temporary keys, and wants their session token first', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = ecr.aws.accounts.issue(
      `arn:aws:iam::${ecr.aws.account}:role/x`,
      's',
      rights,
      900,
    );
    const key = { method: 'access-key', accessKeyId, secretAccessKey };
    await expect(provider.issueCredential(context({ ...key, sessionToken }))).resolves.toMatchObject({ kind: 'basic' });
    await expect(provider.issueCredential(context(key))).rejects.toMatchObject({ fields: [{ field: 'fields.sessionToken' }] });
    await clock.advance(901_000);
    const ended = await failure(provider.issueCredential(context({ ...key, sessionToken })));
    expect(provider.explain?.(ended, { signIn: 'access-key' })).toMatchObject({ field: 'fields.sessionToken' });
  });

  it('notices an ID and a secret that are swapped', () => {
    const fields = { accessKeyId: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx', secretAccessKey: 'AKIAIOSFODNN7EXAMPLE' };
    expect(() => checkFields(provider, { signIn: 'access-key', fields })).toThrow(/swapped/);
  });

  it('corrects a wrong clock by AWS’ own', async () => {
    await ecr.close();
    ecr = await startEcrPublic({ clock: new FakeClock(clock.now() + 3600_000) });
    await expect(provider.issueCredential(context(keyOf()))).resolves.toMatchObject({ kind: 'basic' });
  });

  it('repeats what AWS throttles', async () => {
    ecr.throttle(2);
    const issued = provider.issueCredential(context(keyOf()));
    for (let i = 0; i < 50; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (clock.sleeping > 0) await clock.advance(10_000);
    }
    await expect(issued).resolves.toMatchObject({ kind: 'basic' });
  });
});
