import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../oci/index.ts';
import type { CatalogContext, CredentialScope } from '../../provider/define.ts';
import { type FakeHarbor, LoopbackHttp, startHarbor } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../harbor.ts';

const hour = 3600_000;
const day = 24 * hour;

let clock: FakeClock;
let harbor: FakeHarbor;
let http: LoopbackHttp;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  harbor = await startHarbor({
    clock,
    users: { ana: 'pass', bea: 'pass', admin: 'Harbor12345' },
    robots: {
      'robot$one+plain': { secret: 's3cret', projects: ['one'], permissions: ['repository:pull'], expiresAt: clock.now() + 30 * day },
      'robot$one+lister': {
        secret: 's3cret',
        projects: ['one'],
        permissions: ['robot:list'],
        expiresAt: Math.floor(clock.now() / 1000) * 1000 + 7 * day,
      },
      'robot$one+eternal': { secret: 's3cret', projects: ['one'], permissions: ['robot:list'] },
    },
    projects: {
      one: { public: false, members: ['bea'], admins: ['ana'] },
      two: { public: false, members: [], admins: ['ana'] },
    },
    projectCreators: ['ana'],
  });
  for (const name of ['one/a', 'one/b/c', 'two/d']) harbor.content.addTag(name, 'latest', clock.now());
  http = new LoopbackHttp();
});
afterEach(async () => {
  await http.close();
  await harbor.close();
});

const user = (username: string, password = 'pass') => ({ method: 'user', username, password });

function context(change: Record<string, unknown> = {}): CatalogContext {
  return { url: new URL(harbor.service.origin), settings: {}, signIn: user('ana'), http, clock, ...change } as unknown as CatalogContext;
}
const scoped = (scope: Partial<CredentialScope> = {}, change: Record<string, unknown> = {}) =>
  provider.issueScoped?.(context(change), { repositories: ['one/a'], push: false, lifetime: hour, ...scope });

async function opens(credential: Awaited<ReturnType<typeof scoped>>, repository: string): Promise<boolean> {
  const client = new RegistryClient({ url: harbor.service.origin, tls: { mode: 'plain' }, retries: 0, credential });
  try {
    await Array.fromAsync(client.repository(repository).listTags());
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}
const scopedRobots = () => Object.keys(harbor.robots).filter((name) => name.includes('tagboat-scoped-'));

describe('a credential of small scope, by Harbor', () => {
  it('is a robot of the project that may pull for a day', async () => {
    const credential = await scoped();
    expect(credential).toMatchObject({ kind: 'basic', username: expect.stringMatching(/^robot\$one\+tagboat-scoped-[0-9a-f]{16}$/) });
    expect(Math.abs((credential?.expiresAt ?? 0) - clock.now() - day)).toBeLessThan(1000);
    expect(Object.values(harbor.robots).at(-1)?.permissions).toEqual(['repository:pull']);
    expect(await opens(credential, 'one/a')).toBe(true);
    expect(await opens(credential, 'two/d')).toBe(false);
    await clock.advance(day);
    expect(await opens(credential, 'one/a')).toBe(false);
  });

  it('may push as well when that is wanted, and lasts for as many days as it needs', async () => {
    const credential = await scoped({ push: true, lifetime: 30 * hour });
    expect(Math.abs((credential?.expiresAt ?? 0) - clock.now() - 2 * day)).toBeLessThan(1000);
    expect(Object.values(harbor.robots).at(-1)?.permissions).toEqual(['repository:pull', 'repository:push']);
  });

  it('is given again while it stands, and leaves nothing behind that piles up', async () => {
    const first = await scoped();
    expect(await scoped()).toEqual(first);
    expect(scopedRobots()).toHaveLength(1);
    for (let round = 0; round < 6; round++) {
      await clock.advance(day);
      await scoped();
    }
    expect(scopedRobots()).toHaveLength(1);
  });

  it('is made anew when somebody removed or disabled the robot', async () => {
    const first = await scoped();
    const [name = ''] = scopedRobots();
    delete harbor.robots[name];
    const second = await scoped();
    expect(second?.kind === 'basic' && first?.kind === 'basic' && second.username !== first.username).toBe(true);
    const [other = ''] = scopedRobots();
    harbor.robots[other] = { secret: '', projects: [], permissions: [], ...harbor.robots[other], disabled: true };
    expect(await opens(await scoped(), 'one/a')).toBe(true);
  });

  it('removes none but its own, and those only after their end', async () => {
    const ended = { secret: 's', projects: ['one'], permissions: [], expiresAt: clock.now() - 1 };
    harbor.robots['robot$one+tagboat-scoped-0123456789abcdef'] = { ...ended, description: 'somebody’s' };
    harbor.robots['robot$one+tagboat-scoped'] = { ...ended };
    await scoped();
    expect(scopedRobots()).toHaveLength(2);
    expect(harbor.robots).toHaveProperty('robot$one+tagboat-scoped');
  });

  it('of several projects, or all, is a system robot, which administrators only may make', async () => {
    expect(await scoped({ repositories: ['one/a', 'two/d'] })).toBeUndefined();
    expect(await scoped({ repositories: [] })).toBeUndefined();
    const admin = { signIn: user('admin', 'Harbor12345') };
    const both = await scoped({ repositories: ['one/a', 'two/d', 'one/b/c'] }, admin);
    expect([await opens(both, 'one/a'), await opens(both, 'two/d')]).toEqual([true, true]);
    expect(await opens(await scoped({ repositories: [] }, admin), 'two/d')).toBe(true);
    expect(await opens(await scoped({ repositories: [] }, { ...admin, namespace: 'one' }), 'two/d')).toBe(false);
  });

  it('cannot be made by those who may not make robots, or do not sign in', async () => {
    expect(await scoped({}, { signIn: user('bea') })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'robot', username: 'robot$one+plain', password: 's3cret' } })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'anonymous' } })).toBeUndefined();
    expect(scopedRobots()).toEqual([]);
  });

  it('is refused with a wrong password, which no error shows', async () => {
    const error: unknown = await scoped({}, { signIn: user('ana', 'wr0ng-password') })?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(inspect(error, { depth: 9 })).not.toContain('wr0ng-password');
  });
});

describe('the end of a robot, by Harbor', () => {
  const end = (name: string, change: Record<string, unknown> = {}) =>
    provider.secretEnds?.(context({ signIn: { method: 'robot', username: name, password: 's3cret' }, ...change }));

  it('is what Harbor lists, or never', async () => {
    expect(await end('robot$one+lister')).toEqual({ password: Math.floor(clock.now() / 1000) * 1000 + 7 * day });
    const eternal = await end('robot$one+eternal');
    expect(eternal).toHaveProperty('password', undefined);
  });

  it('is not known to robots that may not list robots, nor of people', async () => {
    expect(await end('robot$one+plain')).toEqual({});
    expect(await provider.secretEnds?.(context())).toEqual({});
  });
});

describe('a project, by Harbor', () => {
  const create = (repository: string, change: Record<string, unknown> = {}) => provider.createRepository?.(context(change), repository);

  it('is made private before a push, once', async () => {
    expect(await create('fresh/app')).toBe('created');
    expect(harbor.projects['fresh']).toMatchObject({ public: false });
    expect(await create('fresh/other')).toBe('exists');
  });

  it('is made by the faster of two callers, and both succeed', async () => {
    const answers = await Promise.all([create('race/a'), create('race/b'), create('race/a')]);
    expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
    expect(answers).toHaveLength(3);
  });

  it('needs a permission only when it is not there', async () => {
    const bea = { signIn: user('bea') };
    expect(await create('one/new', bea)).toBe('exists');
    const error: unknown = await create('nope/new', bea)?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'registry_denied' });
    expect(provider.explain?.(error, { signIn: 'user' })).toMatchObject({ message: 'Harbor does not let this account make a project.' });
  });
});
