import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { ProviderSet } from '../provider/set.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeHarbor, LoopbackHttp, startHarbor } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './harbor.ts';

const allRights = ['repository:pull', 'repository:list', 'artifact:list', 'tag:list'];
const robotName = 'robot$platform+tagboat';
const robotSecret = 'bCz0Jr0CRj3mLwWzT5XqHkYg2aNfE1dS';

describeProvider({
  provider,
  hosts: { own: [], foreign: ['harbor.example.com', 'goharbor.io', 'harbor'] },
  async start() {
    const clock = new FakeClock(Date.now());
    const harbor = await startHarbor({
      clock,
      users: { ana: 'cli secret with $ and : in it' },
      projectCreators: ['ana'],
      robots: { [robotName]: { secret: robotSecret, projects: ['platform'], permissions: [...allRights, 'robot:list'] } },
      projects: {
        platform: { public: true, members: [], admins: ['ana'] },
        empty: { public: true, members: [] },
        hidden: { public: false, members: [] },
      },
    });
    harbor.content.addRepository('hidden/secret');
    for (let i = 0; i < 320; i++) harbor.content.addRepository(`platform/team/app-${i}`);
    for (let i = 0; i < 310; i++) harbor.content.addTag('platform/team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    return {
      clock,
      url: new URL(harbor.service.origin),
      signIns: {
        user: { username: 'ana', password: 'cli secret with $ and : in it' },
        robot: { username: robotName, password: robotSecret },
        anonymous: {},
      },
      refused: {
        user: { username: 'ana', password: 'not-the-password' },
        robot: { username: robotName, password: 'notTheSecretOfTheRobot' },
      },
      repository: 'platform/team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `platform/team/app-${index}`),
      creating: {
        signIn: 'user',
        repositories: ['fresh/app', 'race/app'],
        has: (name) => harbor.projects[name.split('/', 1)[0] ?? ''] !== undefined,
      },
      // A robot's finest place is a project, its shortest time a day.
      scoped: { user: { named: true, push: true, longest: 24 * 3600_000 } },
      otherRepository: 'hidden/secret',
      secretEnds: { user: {}, robot: { password: undefined }, anonymous: {} },
      close: () => harbor.close(),
    };
  },
});

describe('provider harbor, in particular', () => {
  let clock: FakeClock;
  let harbor: FakeHarbor;
  let http: LoopbackHttp;
  let client: RegistryClient;
  const ana = { method: 'user', username: 'ana', password: 'pass' };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    harbor = await startHarbor({
      clock,
      users: { ana: 'pass', admin: 'Harbor12345' },
      projects: {
        one: { public: false, members: ['ana'] },
        two: { public: true, members: [] },
        '42': { public: false, members: ['ana'] },
        other: { public: false, members: [] },
      },
    });
    for (const name of ['one/a', 'one/b/c', 'two/d', '42/e', 'other/f']) harbor.content.addTag(name, 'latest', clock.now());
    http = new LoopbackHttp();
    client = new RegistryClient({
      url: harbor.service.origin,
      tls: { mode: 'plain' },
      credential: { kind: 'basic', username: 'ana', password: 'pass' },
    });
  });
  afterEach(async () => {
    await client.close();
    await http.close();
    await harbor.close();
  });

  function context(change: Record<string, unknown> = {}): CatalogContext {
    return { url: new URL(harbor.service.origin), settings: {}, signIn: ana, http, clock, client, ...change } as unknown as CatalogContext;
  }
  const names = async (ctx: CatalogContext) =>
    (await Array.fromAsync(provider.listRepositories?.(ctx) ?? [])).flatMap(({ items }) => items.map(({ name }) => name));
  const tags = async (ctx: CatalogContext, repository: string) =>
    (await Array.fromAsync(provider.listTags?.(ctx, repository) ?? [])).flatMap(({ items }) => items);

  it('is recognised by the challenge of its registry, or of a failed Basic sign-in', () => {
    const set = new ProviderSet([provider]);
    const realm = new URL('https://registry.example.com/service/token');
    expect(set.detectByAnswer({ realm, service: 'harbor-registry', headers: {} })?.id).toBe('harbor');
    expect(set.detectByAnswer({ headers: { 'www-authenticate': 'Basic realm="harbor"' } })?.id).toBe('harbor');
    expect(
      set.detectByAnswer({ realm: new URL('https://auth.docker.io/token'), service: 'registry.docker.io', headers: {} }),
    ).toBeUndefined();
    expect(set.detectByAnswer({ headers: {} })).toBeUndefined();
  });

  it('finds the project in a pasted URL, and drops the path', () => {
    expect(provider.inferNamespace?.(new URL('https://harbor.example.com/platform/app'))).toBe('platform');
    expect(provider.inferNamespace?.(new URL('https://harbor.example.com/harbor/projects/7/repositories'))).toBeUndefined();
    expect(provider.normaliseUrl?.(new URL('https://harbor.example.com:8443/platform')).href).toBe('https://harbor.example.com:8443/');
  });

  it('notices a robot’s name and secret that are swapped', () => {
    const fields = { username: robotSecret, password: robotName };
    expect(() => checkFields(provider, { signIn: 'robot', fields })).toThrow('Perhaps name and secret are swapped.');
  });

  it('lists all projects that the account may see, or the one that is named', async () => {
    expect((await names(context())).toSorted()).toEqual(['42/e', 'one/a', 'one/b/c', 'two/d']);
    expect(await names(context({ namespace: 'one' }))).toEqual(['one/a', 'one/b/c']);
    expect(await names(context({ signIn: { method: 'anonymous' } }))).toEqual(['two/d']);
  });

  it('takes a project whose name is a number by its name', async () => {
    expect(await names(context({ namespace: '42' }))).toEqual(['42/e']);
  });

  it('encodes a slash of a repository’s name twice', async () => {
    expect(await tags(context(), 'one/b/c')).toMatchObject([
      { name: 'latest', platforms: ['linux/amd64'], size: 4321, pulledAt: undefined },
    ]);
    expect(harbor.service.calls.at(-1)?.target).toContain('/repositories/b%252Fc/artifacts?');
  });

  it('names the tags all the same for a robot that may only pull', async () => {
    harbor.robots['robot$one+puller'] = { secret: 's3cret', projects: ['one'], permissions: ['repository:pull'] };
    const signIn = { method: 'robot', username: 'robot$one+puller', password: 's3cret' };
    const credential = await provider.issueCredential(context({ signIn }));
    const robot = new RegistryClient({ url: harbor.service.origin, tls: { mode: 'plain' }, credential });
    try {
      expect(await tags(context({ signIn, client: robot }), 'one/a')).toEqual([{ name: 'latest' }]);
      const error: unknown = await names(context({ signIn, client: robot })).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'registry_denied' });
      expect(provider.explain?.(error, { signIn: 'robot' })?.help).toContain('Repository: List');
    } finally {
      await robot.close();
    }
  });

  it('explains robots that are disabled or have ended, and projects that are not there', async () => {
    harbor.robots['robot$one+old'] = { secret: 's', projects: ['one'], permissions: allRights, expiresAt: clock.now() - 1 };
    const ended: unknown = await names(context({ signIn: { method: 'robot', username: 'robot$one+old', password: 's' } })).catch(
      (reason: unknown) => reason,
    );
    expect(provider.explain?.(ended, { signIn: 'robot' })).toMatchObject({
      field: 'fields.password',
      message: expect.stringContaining('ended'),
    });
    const missing: unknown = await names(
      context({ namespace: 'nope', signIn: { method: 'user', username: 'admin', password: 'Harbor12345' } }),
    ).catch((reason: unknown) => reason);
    expect(missing).toMatchObject({ code: 'registry_not_found' });
    expect(provider.explain?.(missing, { signIn: 'user' })).toMatchObject({ field: 'namespace' });
  });
});
