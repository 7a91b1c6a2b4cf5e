import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeDockerHub, LoopbackHttp, startDockerHub } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './dockerhub.ts';

const token = 'dckr_pat_0123456789abcdefghijklmnopq';
const organizationToken = 'dckr_oat_abcdefghijklmnopqrstuvwxyz012';

describeProvider({
  provider,
  hosts: {
    own: ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com', 'registry.hub.docker.com', 'Docker.IO'],
    foreign: [
      'docker.io.evil.io',
      'hub.docker.io',
      'docker.com',
      'xdocker.io',
      'auth.docker.io',
      'index-docker.io',
      'registry-1.docker.com',
      'www.docker.com',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const hub = await startDockerHub({ clock, accounts: { acme: token, 'acme-org': organizationToken } });
    for (let i = 0; i < 320; i++) hub.content.addRepository(`acme/app-${i}`);
    for (let i = 0; i < 310; i++) hub.content.addTag('acme/app-0', `1.0.${i}`, clock.now() - i * 1000);
    return {
      clock,
      url: new URL(hub.registry.origin),
      endpoints: { hub: hub.hub.origin },
      namespace: 'acme',
      signIns: {
        token: { username: 'acme', password: token },
        organization: { organization: 'acme-org', accessToken: organizationToken },
        anonymous: {},
      },
      refused: {
        token: { username: 'acme', password: 'dckr_pat_wrongwrongwrongwrongwrong' },
        organization: { organization: 'acme-org', accessToken: 'dckr_oat_wrongwrongwrongwrongwrong' },
      },
      deleting: {
        signIn: 'token',
        without: { signIn: 'organization', fields: { organization: 'acme-org', accessToken: organizationToken } },
      },
      repository: 'acme/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `acme/app-${index}`),
      close: () => hub.close(),
    };
  },
});

describe('provider dockerhub, in particular', () => {
  let clock: FakeClock;
  let hub: FakeDockerHub;
  let http: LoopbackHttp;
  const account = { method: 'token', username: 'acme', password: token };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    hub = await startDockerHub({ clock, accounts: { acme: token }, private: ['acme'] });
    hub.content.addTag('acme/app', '1.0', clock.now());
    hub.content.addTag('library/alpine', '3', clock.now());
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await http.close();
    await hub.close();
  });

  function context(change: Record<string, unknown> = {}): CatalogContext {
    return {
      url: new URL(hub.registry.origin),
      settings: {},
      signIn: account,
      http,
      clock,
      endpoints: { hub: hub.hub.origin },
      ...change,
    } as unknown as CatalogContext;
  }
  const names = async (ctx: CatalogContext) =>
    (await Array.fromAsync(provider.listRepositories?.(ctx) ?? [])).flatMap(({ items }) => items.map(({ name }) => name));
  const tags = async (ctx: CatalogContext, repository: string) =>
    (await Array.fromAsync(provider.listTags?.(ctx, repository) ?? [])).flatMap(({ items }) => items);
  const logins = () => hub.hub.calls.filter(({ url }) => url.pathname === '/v2/auth/token').length;

  it('deletes a tag in the Hub API, and for nobody who is not signed in or whose token may not', async () => {
    const left = () => [...(hub.content.repositories.get('acme/app')?.keys() ?? [])];
    hub.content.addAlias('acme/app', 'latest', '1.0');
    await expect(provider.deleteImage?.(context({ signIn: { method: 'anonymous' } }), 'acme/app', { tag: '1.0' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    hub.mayNotDelete.add('acme');
    await expect(provider.deleteImage?.(context(), 'acme/app', { tag: '1.0' })).rejects.toMatchObject({
      code: 'registry_denied',
      context: { help: expect.stringContaining('Read, Write & Delete') },
    });
    expect(left()).toEqual(['1.0', 'latest']);
    hub.mayNotDelete.clear();
    await provider.deleteImage?.(context(), 'acme/app', { tag: '1.0' });
    expect(left()).toEqual(['latest']);
  });

  it('makes of whatever people call Docker Hub its registry, and of its pages the namespace', () => {
    expect(provider.normaliseUrl?.(new URL('https://hub.docker.com/u/acme')).href).toBe('https://registry-1.docker.io/');
    expect(provider.normaliseUrl?.(new URL('https://gateway.example.com')).href).toBe('https://gateway.example.com/');
    expect(provider.referenceHosts?.(new URL('https://registry-1.docker.io'))).toContain('docker.io');
    expect(provider.inferNamespace?.(new URL('https://hub.docker.com/r/acme/app'))).toBe('acme');
    expect(provider.inferNamespace?.(new URL('https://hub.docker.com/orgs/acme/teams'))).toBe('acme');
    expect(provider.inferNamespace?.(new URL('https://hub.docker.com/_/alpine'))).toBeUndefined();
  });

  it('notices a name and a token that are swapped, and an e-mail address', () => {
    const faults = (signIn: string, fields: Record<string, string>) => () => checkFields(provider, { signIn, fields });
    expect(faults('token', { username: 'dckr_pat_x', password: 'acme' })).toThrow('swapped');
    expect(faults('organization', { organization: 'dckr_oat_x', accessToken: 'acme' })).toThrow('swapped');
    expect(faults('token', { username: 'ci@acme.test', password: 'dckr_pat_x' })).toThrow('Docker ID');
  });

  it('lists the repositories of the account that signs in, private ones too', async () => {
    expect(await names(context())).toEqual(['acme/app']);
  });

  it('signs in to the Hub API once in nine minutes', async () => {
    const ctx = context();
    await Promise.all([names(ctx), names(ctx), tags(ctx, 'acme/app')]);
    expect(logins()).toBe(1);
    await clock.advance(9 * 60_000 + 1);
    await names(ctx);
    expect(logins()).toBe(2);
  });

  it('signs in again with another token', async () => {
    await names(context());
    hub.accounts['acme'] = 'dckr_pat_new';
    await names(context({ signIn: { ...account, password: 'dckr_pat_new' } }));
    expect(logins()).toBe(2);
  });

  it('lists without signing in what is public, and needs a namespace for it', async () => {
    const ctx = context({ signIn: { method: 'anonymous' }, namespace: 'library' });
    expect(await names(ctx)).toEqual(['library/alpine']);
    expect(logins()).toBe(0);
    await expect(names(context({ signIn: { method: 'anonymous' } }))).rejects.toMatchObject({
      code: 'invalid_settings',
      fields: [{ field: 'namespace' }],
    });
  });

  it('tells platforms without attestations, digest, size and time', async () => {
    const entry = hub.content.repositories.get('acme/app')?.get('1.0');
    expect(await tags(context(), 'acme/app')).toEqual([
      {
        name: '1.0',
        digest: entry?.digest,
        pushedAt: clock.now(),
        pulledAt: undefined,
        size: 1000,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        platforms: ['linux/arm64/v8'],
      },
    ]);
    expect(await tags(context(), 'alpine')).toHaveLength(1);
  });

  it('names the tags all the same for a token that may only pull', async () => {
    hub.pullOnly.add('acme');
    const client = new RegistryClient({
      url: hub.registry.origin,
      tls: { mode: 'plain' },
      credential: await provider.issueCredential(context()),
    });
    try {
      expect(await tags(context({ client }), 'acme/app')).toEqual([{ name: '1.0' }]);
      await expect(names(context({ client }))).rejects.toMatchObject({ code: 'registry_denied' });
    } finally {
      await client.close();
    }
  });

  it('reads the quota without using it up', async () => {
    const client = new RegistryClient({ url: hub.registry.origin, tls: { mode: 'plain' } });
    try {
      const ctx = context({ signIn: { method: 'anonymous' }, client });
      expect(await provider.readQuota?.(ctx)).toMatchObject({ limit: 100, remaining: 100, window: 21_600 });
      await client.repository('ratelimitpreview/test').manifest('latest');
      expect(await provider.readQuota?.(ctx)).toMatchObject({ remaining: 99 });
      expect(hub.pulls.get('')).toBe(1);
    } finally {
      await client.close();
    }
  });

  it('explains a pull limit that is used up', async () => {
    const client = new RegistryClient({ url: hub.registry.origin, tls: { mode: 'plain' }, retries: 0 });
    try {
      hub.pulls.set('', 100);
      const error: unknown = await client
        .repository('library/alpine')
        .manifest('3')
        .catch((reason: unknown) => reason);
      expect(provider.explain?.(error, { signIn: 'anonymous' })?.message).toContain('pull limit');
    } finally {
      await client.close();
    }
  });

  it('says when the Hub API may be asked again', async () => {
    const ctx = context();
    await names(ctx);
    hub.throttleHub(1, 30);
    const error: unknown = await names(ctx).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'registry_rate_limited', retry: 'backoff' });
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(28_000);
    expect(provider.explain?.(error, { signIn: 'token' })?.message).toContain('fewer requests');
  });

  it('refuses a wrong token at its field', async () => {
    const error: unknown = await names(context({ signIn: { ...account, password: 'dckr_pat_wrong' } })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'token' })).toMatchObject({ field: 'fields.password' });
  });
});
