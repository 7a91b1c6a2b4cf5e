import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { ProviderSet } from '../provider/set.ts';
import { checkFields } from '../provider/settings.ts';
import { type ArtifactoryOptions, type FakeArtifactory, LoopbackHttp, startArtifactory } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { endOfToken } from './artifactory/token.ts';
import { provider } from './artifactory.ts';

const referenceToken = (end: number) => Buffer.from(`reftkn:01:${end}:yHk2mLw9Qz0s8dF3gB7nR1tV5xC`).toString('base64').replace(/=+$/, '');
const jwt = (claims: unknown) => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
const identity = referenceToken(0);
const access = jwt({ sub: 'jfac@01/users/ci', scp: 'applied-permissions/groups:readers' });

function start(change: ArtifactoryOptions = {}): Promise<FakeArtifactory> {
  return startArtifactory({
    users: { ci: ['the pass word', identity] },
    accessTokens: { [access]: 0 },
    admins: [access],
    repositories: { 'docker-local': 'LOCAL', 'dev-local': 'LOCAL', docker: 'VIRTUAL', 'hub-remote': 'REMOTE' },
    ...change,
  });
}

describeProvider({
  provider,
  hosts: {
    own: ['acme.jfrog.io', 'acme-docker.jfrog.io', 'ACME.JFROG.IO'],
    foreign: ['jfrog.io', 'acme.jfrog.io.evil.io', 'a.b.jfrog.io', 'acme-jfrog.io', 'evil.io', 'artifactory.example.com', 'xjfrog.io'],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const artifactory = await start({ clock, anonymous: true, pageLimit: 90 });
    for (let i = 0; i < 320; i++) artifactory.content.addRepository(`docker-local/team/app-${String(i).padStart(3, '0')}`);
    const tags = Array.from({ length: 3100 }, (_, index) => `1.0.${index}`);
    for (const [i, tag] of tags.entries()) artifactory.content.addTag('docker-local/team/app-000', tag, clock.now() - i * 1000);
    artifactory.content.addRepository('dev-local/other');
    return {
      clock,
      url: new URL(artifactory.service.origin),
      namespace: 'docker-local',
      signIns: {
        user: { username: 'ci', password: identity },
        token: { accessToken: access },
        anonymous: {},
      },
      refused: {
        user: { username: 'ci', password: 'not-the-password' },
        token: { accessToken: jwt({ sub: 'jfac@02/users/other' }) },
      },
      repository: 'docker-local/team/app-000',
      tags,
      repositories: Array.from({ length: 320 }, (_, index) => `docker-local/team/app-${String(index).padStart(3, '0')}`),
      scoped: { token: { named: true, push: true } },
      otherRepository: 'dev-local/other',
      secretEnds: { user: { password: undefined }, token: { accessToken: undefined }, anonymous: {} },
      close: () => artifactory.close(),
    };
  },
});

describe('provider artifactory, in particular', () => {
  let clock: FakeClock;
  let artifactory: FakeArtifactory;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];
  const user = { method: 'user', username: 'ci', password: identity };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    http = new LoopbackHttp();
    artifactory = await start({ clock });
    fill();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await artifactory.close();
  });

  function fill(): void {
    for (const name of ['docker-local/app', 'docker-local/app/sub', 'dev-local/tool', 'hub-remote/library/alpine'])
      artifactory.content.addTag(name, '1.0', clock.now() - 5000);
  }
  async function again(options: ArtifactoryOptions): Promise<void> {
    await artifactory.close();
    artifactory = await start({ clock, ...options });
    fill();
  }
  async function context(change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const context = {
      url: new URL(artifactory.service.origin),
      settings: { dockerAccess: 'path' },
      signIn: user,
      http,
      clock,
      ...change,
    } as unknown as CatalogContext;
    const credential = await provider.issueCredential(context);
    const client = new RegistryClient({
      url: artifactory.service.origin,
      tls: { mode: 'plain' },
      retries: 0,
      traits: provider.traits,
      credential,
    });
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

  it('is recognised by its headers, wherever it runs', () => {
    const set = new ProviderSet([provider]);
    expect(set.detectByAnswer({ headers: { 'x-artifactory-id': 'abc' } })?.id).toBe('artifactory');
    expect(set.detectByAnswer({ headers: { 'x-jfrog-version': 'Artifactory/7.98.9' } })?.id).toBe('artifactory');
    expect(set.detectByAnswer({ headers: { 'www-authenticate': 'Basic realm="Artifactory Realm"' } })?.id).toBe('artifactory');
    expect(set.detectByAnswer({ headers: {} })).toBeUndefined();
  });

  it.each([
    ['https://acme.jfrog.io/ui/repos/tree/General/docker-local/app', 'docker-local', 'https://acme.jfrog.io/docker-local'],
    ['https://acme.jfrog.io/docker-local/app', 'docker-local', 'https://acme.jfrog.io/docker-local'],
    ['https://acme.jfrog.io/artifactory/docker-local/', 'docker-local', 'https://acme.jfrog.io/docker-local'],
    ['https://art.example.com/artifactory/api/docker/docker-local/v2/', 'docker-local', 'https://art.example.com/'],
    ['https://art.example.com:5001/', undefined, 'https://art.example.com:5001/'],
    ['https://acme.jfrog.io/ui/', undefined, 'https://acme.jfrog.io/'],
    ['https://art.example.com/artifactory/webapp/', undefined, 'https://art.example.com/'],
  ])('reads %s', (pasted, key, url) => {
    expect(provider.inferNamespace?.(new URL(pasted))).toBe(key);
    expect(provider.normaliseUrl?.(new URL(pasted)).href).toBe(url);
  });

  it('notices what was swapped, and API keys in place of tokens', () => {
    expect(() => checkFields(provider, { signIn: 'user', fields: { username: identity, password: 'ci' } })).toThrow(/swapped/);
    expect(() => checkFields(provider, { signIn: 'token', fields: { accessToken: 'AKCp5Z3WYHpAyga9aYGuG4ESxLtC3Y1MAXUm' } })).toThrow(
      /API key/,
    );
  });

  it('lists all Docker repositories but remote ones, or the one that is named', async () => {
    const all = ['dev-local/tool', 'docker-local/app', 'docker-local/app/sub', 'docker/app', 'docker/app/sub', 'docker/tool'];
    expect((await names(await context())).toSorted()).toEqual(all);
    expect(await names(await context({ namespace: 'docker-local/app' }))).toEqual(['docker-local/app/sub']);
    expect(await names(await context({ settings: { dockerAccess: 'path', repositoryKey: 'dev-local' } }))).toEqual(['dev-local/tool']);
    expect(await names(await context({ namespace: 'hub-remote' }))).toEqual(['hub-remote/library/alpine']);
  });

  it('lists OCI repositories by their own API', async () => {
    await again({ ociRepositories: { 'oci-local': 'LOCAL' }, repositories: {} });
    artifactory.content.addRepository('oci-local/chart');
    expect(await names(await context())).toEqual(['oci-local/chart']);
  });

  it('tells digest and time, and mistakes no other image for this one', async () => {
    const [tag] = await tags(await context(), 'docker-local/app');
    const entry = artifactory.content.repositories.get('docker-local/app')?.get('1.0');
    expect(tag).toEqual({ name: '1.0', digest: entry?.digest, pushedAt: entry?.pushedAt });
  });

  it('tells of a virtual repository what is not ambiguous', async () => {
    expect(await tags(await context(), 'docker/tool')).toMatchObject([{ name: '1.0', digest: expect.any(String) }]);
    artifactory.content.addTag('dev-local/app', '1.0', clock.now());
    expect(await tags(await context(), 'docker/app')).toEqual([{ name: '1.0' }]);
  });

  it('lists the one repository of a host, with times if its key is known', async () => {
    await again({ host: 'docker-local' });
    const settings = { dockerAccess: 'subdomain', repositoryKey: 'docker-local' };
    expect(await names(await context({ settings }))).toEqual(['app', 'app/sub']);
    expect(await names(await context({ settings, namespace: 'app' }))).toEqual(['app/sub']);
    expect(await tags(await context({ settings }), 'app')).toMatchObject([{ name: '1.0', digest: expect.any(String) }]);
    expect(await tags(await context({ settings: { dockerAccess: 'port' } }), 'app')).toEqual([{ name: '1.0' }]);
  });

  it('names tags all the same for accounts that may not search', async () => {
    await again({ search: false });
    expect(await tags(await context(), 'docker-local/app')).toEqual([{ name: '1.0' }]);
  });

  it('takes no search for whole that Artifactory has cut short', async () => {
    artifactory.trim();
    expect(await failure(tags(await context(), 'docker-local/app'))).toMatchObject({ code: 'invalid_answer' });
  });

  it('waits for searches of others to end', async () => {
    artifactory.throttle(2);
    const found = tags(await context(), 'docker-local/app');
    for (let i = 0; i < 50; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (clock.sleeping > 0) await clock.advance(10_000);
    }
    expect(await found).toHaveLength(1);
  });

  it('reads the end of a token from it, and says of an old one that it has ended', async () => {
    const end = Math.floor(clock.now() / 1000) + 3600;
    expect(endOfToken(referenceToken(end))).toBe(end * 1000);
    expect(endOfToken(jwt({ exp: end }))).toBe(end * 1000);
    for (const endless of [identity, access, 'a password', '', 'a.b.c', 'eyJ.bm90IGpzb24.x']) expect(endOfToken(endless)).toBeUndefined();
    await expect(
      provider.issueCredential({ clock, signIn: { method: 'token', accessToken: jwt({ exp: end }) } } as never),
    ).resolves.toMatchObject({ kind: 'bearer', expiresAt: end * 1000 });
    const error = await failure(provider.issueCredential({ clock, signIn: { ...user, password: referenceToken(1_700_000_000) } } as never));
    expect(error).toMatchObject({ code: 'credential_refused', message: expect.stringContaining('2023-11-14') });
    expect(provider.explain?.(error, { signIn: 'user' })).toMatchObject({ field: 'fields.password', message: 'This token has ended.' });
  });

  it('explains a repository key that is not there', async () => {
    const error = await failure(names(await context({ namespace: 'nope' })));
    expect(error).toMatchObject({ code: 'registry_not_found' });
    expect(provider.explain?.(error, { signIn: 'user' })).toMatchObject({ field: 'namespace' });
  });
});
