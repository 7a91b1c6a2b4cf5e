import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { ProviderSet } from '../provider/set.ts';
import { type FakeNexus, LoopbackHttp, type NexusOptions, startNexus } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './nexus.ts';

const pass = 'kQ8Zr3VnT0xLs5Yb7WfH2mPd9JcG4aEu';

function start(change: NexusOptions = {}): Promise<FakeNexus> {
  return startNexus({
    users: { ci: 'a pass: word', Xk3pQ9zL: pass },
    repositories: { 'docker-hosted': [], 'docker-dev': [], docker: ['docker-hosted', 'docker-dev'] },
    ...change,
  });
}

describeProvider({
  provider,
  hosts: { own: [], foreign: ['nexus.example.com', 'sonatype.com', 'nexus'] },
  async start() {
    const clock = new FakeClock(Date.now());
    const nexus = await start({ clock, anonymous: true, pageLimit: 90 });
    for (let i = 0; i < 320; i++) nexus.content.addRepository(`docker-hosted/team/app-${String(i).padStart(3, '0')}`);
    const tags = Array.from({ length: 3100 }, (_, index) => `1.0.${index}`);
    for (const [i, tag] of tags.entries()) nexus.content.addTag('docker-hosted/team/app-000', tag, clock.now() - i * 1000);
    nexus.content.addRepository('docker-dev/other');
    return {
      clock,
      url: new URL(nexus.registry.origin),
      namespace: 'docker-hosted',
      signIns: {
        user: { username: 'ci', password: 'a pass: word' },
        'user-token': { tokenName: 'Xk3pQ9zL', tokenPass: pass },
        anonymous: {},
      },
      refused: {
        user: { username: 'ci', password: 'not-the-password' },
        'user-token': { tokenName: 'Xk3pQ9zL', tokenPass: 'notThePassCode' },
      },
      repository: 'docker-hosted/team/app-000',
      tags,
      repositories: Array.from({ length: 320 }, (_, index) => `docker-hosted/team/app-${String(index).padStart(3, '0')}`),
      close: () => nexus.close(),
    };
  },
});

describe('provider nexus, in particular', () => {
  let clock: FakeClock;
  let nexus: FakeNexus;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];
  const user = { method: 'user', username: 'ci', password: 'a pass: word' };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    http = new LoopbackHttp();
    nexus = await start({ clock });
    fill();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await nexus.close();
  });

  function fill(): void {
    for (const name of ['docker-hosted/app', 'docker-hosted/team/app', 'docker-dev/tool'])
      nexus.content.addTag(name, '1.0', clock.now() - 5000);
  }
  async function again(options: NexusOptions): Promise<void> {
    await nexus.close();
    nexus = await start({ clock, ...options });
    fill();
  }
  async function context(change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const context = {
      url: new URL(nexus.registry.origin),
      settings: { connector: 'path' },
      signIn: user,
      http,
      clock,
      ...change,
    } as unknown as CatalogContext;
    const credential = await provider.issueCredential(context);
    const client = new RegistryClient({
      url: nexus.registry.origin,
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

  it('is recognised by its server header or its challenge', () => {
    const set = new ProviderSet([provider]);
    expect(set.detectByAnswer({ headers: { server: 'Nexus/3.31.0-01 (OSS)' } })?.id).toBe('nexus');
    expect(set.detectByAnswer({ headers: { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' } })?.id).toBe('nexus');
    expect(set.detectByAnswer({ headers: { server: 'nginx' }, realm: new URL('https://x.example/v2/token') })).toBeUndefined();
  });

  it.each([
    ['https://nexus.example.com/repository/docker-hosted/v2/app', 'docker-hosted', 'https://nexus.example.com/'],
    ['https://nexus.example.com/docker-hosted/app', 'docker-hosted', 'https://nexus.example.com/'],
    ['https://nexus.example.com:8083', undefined, 'https://nexus.example.com:8083/'],
    ['https://nexus.example.com/service/rest/', undefined, 'https://nexus.example.com/'],
  ])('reads %s', (pasted, repository, url) => {
    expect(provider.inferNamespace?.(new URL(pasted))).toBe(repository);
    expect(provider.normaliseUrl?.(new URL(pasted)).href).toBe(url);
  });

  it('lists all Docker repositories, or the one that is named', async () => {
    const hosted = ['docker-hosted/app', 'docker-hosted/team/app'];
    expect((await names(await context())).toSorted()).toEqual(
      ['docker-dev/tool', ...hosted, 'docker/app', 'docker/team/app', 'docker/tool'].toSorted(),
    );
    expect(await names(await context({ namespace: 'docker-hosted/team' }))).toEqual(['docker-hosted/team/app']);
    expect(await names(await context({ settings: { connector: 'path', repositoryName: 'docker-hosted' } }))).toEqual(hosted);
  });

  it('lists to the end where the catalog knows no paging', async () => {
    await again({ pageLimit: 0 });
    for (let i = 0; i < 1200; i++) nexus.content.addRepository(`docker-dev/many-${i}`);
    expect(await names(await context({ namespace: 'docker-dev' }))).toHaveLength(1201);
  });

  it('tells digest, time and media type, and mistakes no other image for this one', async () => {
    const entry = nexus.content.repositories.get('docker-hosted/app')?.get('1.0');
    expect(await tags(await context(), 'docker-hosted/app')).toEqual([
      { name: '1.0', digest: entry?.digest, pushedAt: entry?.pushedAt, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    ]);
  });

  it('tells of a group what is not ambiguous', async () => {
    expect(await tags(await context(), 'docker/tool')).toMatchObject([{ name: '1.0', digest: expect.any(String) }]);
    nexus.content.addTag('docker-dev/app', '1.0', clock.now());
    expect(await tags(await context(), 'docker/app')).toEqual([{ name: '1.0' }]);
  });

  it('asks a connector for names, and the Nexus URL for times', async () => {
    await again({ connector: 'docker-hosted', contextPath: '/nexus' });
    const settings = { connector: 'port', repositoryName: 'docker-hosted', nexusUrl: `${nexus.service.origin}/nexus/` };
    expect(await names(await context({ settings }))).toEqual(['app', 'team/app']);
    expect(await names(await context({ settings, namespace: 'team' }))).toEqual(['team/app']);
    expect(await tags(await context({ settings }), 'app')).toMatchObject([{ name: '1.0', digest: expect.any(String) }]);
    const asked = nexus.service.calls.length;
    expect(await tags(await context({ settings: { ...settings, nexusUrl: undefined } }), 'app')).toEqual([{ name: '1.0' }]);
    expect(nexus.service.calls).toHaveLength(asked);
    expect(await tags(await context({ settings: { ...settings, connector: 'subdomain', nexusUrl: undefined } }), 'app')).toEqual([
      { name: '1.0' },
    ]);
  });

  it('signs in by Basic where the Bearer Token Realm is not active', async () => {
    await again({ bearer: false });
    expect(await tags(await context(), 'docker-hosted/app')).toHaveLength(1);
  });

  it('sends the password to no Nexus URL in clear', async () => {
    const ctx = await context({
      url: new URL('https://nexus.example.com'),
      settings: { connector: 'path', nexusUrl: 'http://nexus.example.com' },
    });
    expect(await failure(names(ctx))).toMatchObject({ fields: [{ field: 'fields.nexusUrl' }] });
  });

  it('explains a repository that is not there, and one who may not look', async () => {
    const missing = await failure(names(await context({ namespace: 'nope' })));
    expect(missing).toMatchObject({ code: 'registry_not_found' });
    expect(provider.explain?.(missing, { signIn: 'user' })).toMatchObject({ field: 'namespace' });
    const nobody = await failure(names(await context({ signIn: { method: 'anonymous' } })));
    expect(provider.explain?.(nobody, { signIn: 'anonymous' })).toMatchObject({
      field: 'signIn',
      help: expect.stringContaining('Bearer Token Realm'),
    });
  });
});
