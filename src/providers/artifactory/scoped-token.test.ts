import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Credential, RegistryClient } from '../../oci/index.ts';
import type { CatalogContext, CredentialScope } from '../../provider/define.ts';
import { type ArtifactoryOptions, type FakeArtifactory, LoopbackHttp, startArtifactory } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../artifactory.ts';

const jwt = (claims: unknown) => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
const admin = jwt({ sub: 'jfac@01/users/root', scp: 'applied-permissions/admin' });
const reader = jwt({ sub: 'jfac@01/users/ci', scp: 'applied-permissions/user' });
const hour = 3600_000;

let clock: FakeClock;
let artifactory: FakeArtifactory;
let http: LoopbackHttp;

async function start(change: ArtifactoryOptions = {}): Promise<void> {
  artifactory = await startArtifactory({
    clock,
    users: { ci: ['a password'] },
    accessTokens: { [admin]: 0, [reader]: 0 },
    admins: [admin],
    repositories: { 'docker-local': 'LOCAL', 'dev-local': 'LOCAL' },
    ...change,
  });
  for (const name of ['docker-local/team/app', 'docker-local/team/app-two', 'dev-local/tool'])
    artifactory.content.addTag(name, '1.0', clock.now());
}

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  http = new LoopbackHttp();
  await start();
});
afterEach(async () => {
  await http.close();
  await artifactory.close();
});

function context(change: Record<string, unknown> = {}): CatalogContext {
  const url = new URL(artifactory.service.origin);
  const signIn = { method: 'token', accessToken: admin };
  return { url, settings: { dockerAccess: 'path' }, signIn, http, clock, ...change } as unknown as CatalogContext;
}
const scoped = (scope: Partial<CredentialScope> = {}, change: Record<string, unknown> = {}) =>
  provider.issueScoped?.(context(change), { repositories: ['docker-local/team/app'], push: false, lifetime: hour, ...scope });

async function opens(credential: Credential | undefined, repository: string): Promise<boolean> {
  const client = new RegistryClient({
    url: artifactory.service.origin,
    tls: { mode: 'plain' },
    retries: 0,
    credential,
    traits: provider.traits,
  });
  try {
    await Array.fromAsync(client.repository(repository).listTags());
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

describe('a credential of small scope, by Artifactory', () => {
  it('is a token for the images alone, for as long as asked', async () => {
    const credential = await scoped();
    expect(credential).toMatchObject({ kind: 'basic', username: 'tagboat-scoped', expiresAt: clock.now() + hour });
    expect([...artifactory.made.values()]).toMatchObject([{ scope: 'artifact:docker-local/team/app/**:r' }]);
    expect(await opens(credential, 'docker-local/team/app')).toBe(true);
    expect(await opens(credential, 'docker-local/team/app-two')).toBe(false);
    expect(await opens(credential, 'dev-local/tool')).toBe(false);
    await clock.advance(hour);
    expect(await opens(credential, 'docker-local/team/app')).toBe(false);
  });

  it('is given again for half its time', async () => {
    const first = await scoped();
    await clock.advance(hour / 2 - 1000);
    expect(await scoped()).toEqual(first);
    await clock.advance(2000);
    expect(await scoped()).not.toEqual(first);
  });

  it('may push as well, and holds several images, a namespace or the repository of a host', async () => {
    await scoped({ push: true, repositories: ['docker-local/team/app', 'dev-local/tool'] });
    await scoped({ repositories: [] }, { namespace: 'docker-local/team' });
    const port = { settings: { dockerAccess: 'port', repositoryKey: 'dev-local' } };
    await scoped({ repositories: ['tool'] }, port);
    await scoped({ repositories: [] }, port);
    expect([...artifactory.made.values()].map(({ scope }) => scope)).toEqual([
      'artifact:dev-local/tool/**:r,w artifact:docker-local/team/app/**:r,w',
      'artifact:docker-local/team/**:r',
      'artifact:dev-local/tool/**:r',
      'artifact:dev-local/**:r',
    ]);
  });

  it('cannot be made for everything, for too much, or by those who may not', async () => {
    expect(await scoped({ repositories: [] })).toBeUndefined();
    expect(
      await scoped({ repositories: Array.from({ length: 30 }, (_, index) => `docker-local/team/a-longer-name-${index}`) }),
    ).toBeUndefined();
    expect(await scoped({}, { settings: { dockerAccess: 'subdomain' } })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'token', accessToken: reader } })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'user', username: 'ci', password: 'a password' } })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'anonymous' } })).toBeUndefined();
    expect(artifactory.made.size).toBe(0);
  });

  it('is refused with a wrong token, which no error shows', async () => {
    const accessToken = jwt({ sub: 'jfac@02/users/other' });
    const error: unknown = await scoped({}, { signIn: { method: 'token', accessToken } })?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(inspect(error, { depth: 9 })).not.toContain(accessToken);
  });
});

describe('the end of a token, by Artifactory', () => {
  const end = (signIn: Record<string, unknown>) => provider.secretEnds?.(context({ signIn }));
  const reference = (seconds: number) => Buffer.from(`reftkn:01:${seconds}:yHk2mLw9Qz0s8dF3gB7nR1tV5xC`).toString('base64');

  it('is read from the token, whichever field it is in', async () => {
    expect(await end({ method: 'token', accessToken: jwt({ exp: 1_900_000_000 }) })).toEqual({ accessToken: 1_900_000_000_000 });
    expect(await end({ method: 'user', username: 'ci', password: reference(1_900_000_000) })).toEqual({ password: 1_900_000_000_000 });
  });

  it('is never, of a token that has none', async () => {
    expect(await end({ method: 'token', accessToken: admin })).toHaveProperty('accessToken', undefined);
    expect(await end({ method: 'user', username: 'ci', password: reference(0) })).toHaveProperty('password', undefined);
  });

  it('is not known of passwords', async () => {
    expect(await end({ method: 'user', username: 'ci', password: 'a password' })).toEqual({});
    expect(await end({ method: 'anonymous' })).toEqual({});
  });
});
