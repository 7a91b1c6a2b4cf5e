import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { registriesHub } from '../../../test/doctor/registries-hub.ts';
import { Conflict, CredentialError, Forbidden, InvalidSettings, NotFound, TooManyRequests, UnsupportedError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { type CredentialScope, defineProvider, type Workload } from '../../provider/define.ts';
import { field, secret } from '../../provider/field.ts';
import { loadProviders, ProviderSet } from '../../provider/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { RegistryInput } from '../types.ts';
import { Handouts } from './handouts.ts';

const minute = 60_000;

/** What a fake provider was asked, and how it answers. */
interface Script {
  scopes: CredentialScope[];
  workloads: Workload[];
  issued: number;
  /** Milliseconds that issued credentials live. */
  life: number;
  scoped: (scope: CredentialScope, call: number) => Credential | undefined;
  own?: (call: number) => Credential;
}

/** A provider that makes narrowed credentials, `narrow`, and one that cannot, `wide`; the others are the real ones. */
async function handoutHub(change: Partial<Script> = {}) {
  const clock = new FakeClock();
  const script: Script = {
    scopes: [],
    workloads: [],
    issued: 0,
    life: 60 * minute,
    scoped: (_scope, call) => ({ kind: 'basic', username: 'robot', password: `narrow-${call}`, expiresAt: clock.now() + script.life }),
    ...change,
  };
  const base = {
    icon: '<svg/>',
    docs: 'providers/generic.md',
    url: { example: 'registry.test' },
    hosts: [],
    settings: z.object({}),
    signIn: {
      password: {
        title: 'Password',
        fields: z.object({ username: field(z.string(), { label: 'User' }), password: secret(z.string(), { label: 'Password' }) }),
      },
    },
    traits: { catalog: 'registry', referrers: 'api', delete: 'manifest', mount: true, createRepository: false, maxPageSize: 100 },
    issueCredential: async ({ signIn }: { signIn: { username: string; password: string } }): Promise<Credential> => {
      script.issued += 1;
      return script.own?.(script.issued) ?? { kind: 'basic', username: signIn.username, password: signIn.password };
    },
  } as const;
  const narrow = defineProvider({
    ...base,
    id: 'narrow',
    title: 'Narrow',
    issueScoped: async (_context, scope) => {
      script.scopes.push(scope);
      return script.scoped(scope, script.scopes.length);
    },
    issueForWorkload: async (_context, workload) => {
      script.workloads.push(workload);
      if (!workload.annotations.role) return undefined;
      return { kind: 'basic', username: 'sa', password: `of-${workload.annotations.role}`, expiresAt: clock.now() + 10 * minute };
    },
  });
  const providers = new ProviderSet([
    ...(await loadProviders()).all().filter(({ id }) => id === 'generic' || id === 'dockerhub'),
    narrow,
    defineProvider({ ...base, id: 'wide', title: 'Wide' }),
    defineProvider({ ...narrow, id: 'project', title: 'Project', traits: { ...narrow.traits, scopedTo: 'namespace' } }),
    defineProvider({ ...narrow, id: 'owner', title: 'Owner', traits: { ...narrow.traits, scopedTo: 'registry' } }),
  ]);
  const hub = await registriesHub({ clock, providers });
  const handouts = new Handouts({ registries: hub.registries, providers, audit: hub.audit, clock });
  const add = (name: string, input: Partial<RegistryInput> = {}) =>
    hub.registries.create(hub.admin, {
      name,
      provider: 'narrow',
      url: `https://${name}.test`,
      signIn: 'password',
      fields: { username: 'ci', password: `stored-${name}` },
      ...input,
    });
  return Object.assign(hub, {
    handouts,
    providers,
    add,
    clock,
    script,
    viewer: hub.principal('vera', 'viewer'),
    operator: hub.principal('otto', 'operator'),
  });
}

const purpose = 'docker credential helper';

describe('which registry is meant', () => {
  it('takes the longest prefix, and the path decides between registries of one host', async () => {
    await using hub = await handoutHub();
    await hub.add('whole', { url: 'https://registry.test' });
    await hub.add('part', { url: 'https://registry.test', prefix: 'registry.test/team-a' });
    const named = async (reference: string) => (await hub.handouts.issue(hub.admin, { reference, purpose })).registry.name;
    expect(await named('registry.test/team-a/api:1')).toBe('part');
    expect(await named('registry.test/team-ab/api:1')).toBe('whole');
    expect(await named('registry.test')).toBe('whole');
    expect(await named('https://registry.test/v2/')).toBe('whole');
    const part = await hub.handouts.issue(hub.admin, { registry: 'part', purpose });
    expect(part).toMatchObject({ server: 'registry.test', prefixes: ['registry.test/team-a'], hosts: ['registry.test'], shared: true });
    expect((await hub.handouts.issue(hub.admin, { reference: 'registry.test/team-a', purpose })).scope.repositories).toEqual([]);
    expect((await hub.handouts.issue(hub.admin, { reference: 'registry.test/team-a/api', purpose })).scope.repositories).toEqual([
      'team-a/api',
    ]);
  });

  it('says so when a host alone could mean several, unless one of them is the default', async () => {
    await using hub = await handoutHub();
    await hub.add('first', { url: 'https://elsewhere.test' });
    await hub.add('a', { url: 'https://registry.test', prefix: 'registry.test/team-a' });
    expect((await hub.handouts.issue(hub.admin, { reference: 'registry.test', purpose })).registry.name).toBe('a');
    await hub.add('b', { url: 'https://registry.test', prefix: 'registry.test/team-b' });
    await expect(hub.handouts.issue(hub.admin, { reference: 'registry.test', purpose })).rejects.toThrow(Conflict);
    await expect(hub.handouts.issue(hub.admin, { reference: 'registry.test', purpose })).rejects.toThrow('registry.test/team-a (a)');
    await hub.registries.setDefault(hub.admin, 'b');
    expect((await hub.handouts.issue(hub.admin, { reference: 'registry.test', purpose })).registry.name).toBe('b');
  });

  it('leaves the path of the URL out of repository names', async () => {
    await using hub = await handoutHub();
    await hub.add('nexus', { url: 'https://nexus.test/repository/docker' });
    const { scope, prefixes } = await hub.handouts.issue(hub.admin, { reference: 'nexus.test/repository/docker/shop/api:1', purpose });
    expect(scope.repositories).toEqual(['shop/api']);
    expect(prefixes).toEqual(['nexus.test/repository/docker']);
  });

  it('goes by the key of docker for Docker Hub', async () => {
    await using hub = await handoutHub();
    await hub.add('hub', {
      provider: 'dockerhub',
      url: 'docker.io',
      signIn: 'token',
      fields: { username: 'acme', password: 'dckr_pat_1' },
    });
    for (const reference of ['https://index.docker.io/v1/', 'docker.io', 'alpine:3', 'registry-1.docker.io']) {
      const handout = await hub.handouts.issue(hub.admin, { reference, purpose });
      expect(handout).toMatchObject({
        registry: { name: 'hub' },
        server: 'https://index.docker.io/v1/',
        username: 'acme',
        secret: 'dckr_pat_1',
      });
      expect(handout.hosts).toContain('docker.io');
    }
  });

  it('knows nothing of registries that do not exist for the caller', async () => {
    await using hub = await handoutHub();
    const project = await hub.project('team');
    const mine = await hub.add('mine', { url: 'https://mine.test' });
    await hub.add('secret', { url: 'https://secret.test', allProjects: false, projects: [project] });
    await expect(hub.handouts.issue(hub.operator, { reference: 'secret.test/a', purpose })).rejects.toThrow(NotFound);
    await expect(hub.handouts.issue(hub.operator, { reference: 'unknown.test/a', purpose })).rejects.toThrow('unknown.test/a');
    const limited = hub.principal('ci', 'operator', {}, ['reg_other']);
    await expect(hub.handouts.issue(limited, { reference: 'mine.test/a', purpose })).rejects.toThrow(NotFound);
    await expect(hub.handouts.issue(limited, { registry: 'mine', purpose })).rejects.toThrow(NotFound);
    const allowed = hub.principal('ci', 'operator', {}, [mine.id]);
    expect((await hub.handouts.issue(allowed, { reference: 'mine.test/a', purpose })).registry.id).toBe(mine.id);
    const member = hub.principal('pia', 'viewer', { [project]: 'operator' });
    expect((await hub.handouts.issue(member, { reference: 'secret.test/a', push: true, purpose })).scope.push).toBe(true);
  });

  it('does not give a named registry for a reference of another', async () => {
    await using hub = await handoutHub();
    await hub.add('mine');
    expect(
      (await hub.handouts.issue(hub.admin, { registry: 'mine', reference: 'mine.test/shop/api:1', purpose })).scope.repositories,
    ).toEqual(['shop/api']);
    await expect(hub.handouts.issue(hub.admin, { registry: 'mine', reference: 'ghcr.io/shop/api', purpose })).rejects.toThrow(Conflict);
  });
});

describe('what is handed out', () => {
  it('is a narrowed credential where the registry makes them, kept and renewed for each scope', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    const ask = (repositories: string[], push = false) =>
      hub.handouts.issue(hub.operator, { registry: 'reg', repositories, push, purpose });
    const first = await ask(['shop/api']);
    expect(first).toMatchObject({ kind: 'basic', username: 'robot', secret: 'narrow-1', origin: 'narrowed' });
    expect(first.scope).toEqual({ pull: true, push: false, repositories: ['shop/api'], narrowed: true });
    expect(first.expiresAt).toBe(hub.clock.now() + 60 * minute);
    expect(await ask(['shop/api'])).toMatchObject({ secret: 'narrow-1' });
    expect(await ask(['shop/web'])).toMatchObject({ secret: 'narrow-2' });
    expect(await ask(['shop/api'], true)).toMatchObject({ secret: 'narrow-3' });
    expect(hub.script.scopes.map(({ push, repositories }) => [push, ...repositories])).toEqual([
      [false, 'shop/api'],
      [false, 'shop/web'],
      [true, 'shop/api'],
    ]);
    expect(hub.script.issued).toBe(0);
  });

  it('has a fifth of its life left, at the least', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    const ask = async () => (await hub.handouts.issue(hub.operator, { registry: 'reg', purpose })).secret;
    expect(await ask()).toBe('narrow-1');
    // The cache would use it for its own requests to the last half minute; a client keeps it for longer.
    await hub.clock.advance(49 * minute);
    expect(await ask()).toBe('narrow-2');
  });

  it('is what is left while the issuer is down', async () => {
    let down = false;
    await using hub = await handoutHub({
      own: (call) => {
        if (down) throw new CredentialError('The issuer is down.', { code: 'credential_unavailable' });
        return { kind: 'basic', username: 'u', password: `own-${call}`, expiresAt: Date.now() };
      },
    });
    await hub.add('reg', { provider: 'wide' });
    hub.script.own = (call) => {
      if (down) throw new CredentialError('The issuer is down.', { code: 'credential_unavailable' });
      return { kind: 'basic', username: 'u', password: `own-${call}`, expiresAt: hub.clock.now() + 10 * minute };
    };
    const ask = async () => (await hub.handouts.issue(hub.operator, { registry: 'reg', purpose })).secret;
    expect(await ask()).toBe('own-1');
    down = true;
    await hub.clock.advance(9.5 * minute);
    expect(await ask()).toBe('own-1');
    await hub.clock.advance(minute);
    await expect(ask()).rejects.toThrow('The issuer is down.');
  });

  it('is the whole credential for an operator, and says why', async () => {
    await using hub = await handoutHub();
    await hub.add('reg', { provider: 'wide', secretEndsAt: '2030-01-01' });
    const stored = await hub.handouts.issue(hub.operator, { registry: 'reg', repositories: ['a'], purpose });
    expect(stored).toMatchObject({
      kind: 'basic',
      username: 'ci',
      secret: 'stored-reg',
      origin: 'stored',
      expiresAt: Date.parse('2030-01-01'),
    });
    expect(stored.scope).toMatchObject({ narrowed: false, reason: expect.stringContaining('narrower') });
    expect(stored.issuedAt).toBeUndefined();
    hub.script.own = () => ({
      kind: 'basic',
      username: 'AWS',
      password: 'token',
      issuedAt: hub.clock.now(),
      expiresAt: hub.clock.now() + 720 * minute,
    });
    await hub.add('cloud', { provider: 'wide' });
    expect(await hub.handouts.issue(hub.operator, { registry: 'cloud', purpose })).toMatchObject({
      origin: 'issued',
      secret: 'token',
      issuedAt: hub.clock.now(),
    });
  });

  it('is the whole one as well where narrowing fails, for those who may have it', async () => {
    await using hub = await handoutHub({
      scoped: () => {
        throw new CredentialError('The robot may not make robots.', { code: 'credential_refused' });
      },
    });
    await hub.add('reg');
    const handout = await hub.handouts.issue(hub.operator, { registry: 'reg', purpose });
    expect(handout).toMatchObject({ origin: 'stored', scope: { narrowed: false, reason: expect.stringContaining('may not make robots') } });
    await expect(hub.handouts.issue(hub.viewer, { registry: 'reg', purpose })).rejects.toThrow('may not make robots');
  });

  it('is never more than a narrowed one for pulling to a viewer', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    await hub.add('wide', { provider: 'wide' });
    expect(await hub.handouts.issue(hub.viewer, { registry: 'reg', push: 'if-allowed', purpose })).toMatchObject({
      origin: 'narrowed',
      scope: { push: false },
    });
    await expect(hub.handouts.issue(hub.viewer, { registry: 'reg', push: true, purpose })).rejects.toThrow(Forbidden);
    await expect(hub.handouts.issue(hub.viewer, { registry: 'wide', purpose })).rejects.toThrow(
      /may have narrowed, pull-only credentials of wide/,
    );
    expect(hub.script.issued).toBe(0);
    hub.script.scoped = () => undefined;
    await expect(hub.handouts.issue(hub.viewer, { registry: 'reg', repositories: ['other'], purpose })).rejects.toThrow(Forbidden);
    expect(await hub.handouts.issue(hub.operator, { registry: 'reg', repositories: ['other'], push: 'if-allowed', purpose })).toMatchObject(
      {
        origin: 'stored',
        scope: { push: true },
      },
    );
  });

  it('opens to a viewer nothing but what the registry shows', async () => {
    await using hub = await handoutHub();
    await hub.add('part', { url: 'https://registry.test', prefix: 'registry.test/team-a' });
    await hub.add('named', { url: 'https://named.test', namespace: 'team-a' });
    await hub.add('nexus', { url: 'https://nexus.test/repository/docker', prefix: 'nexus.test/repository/docker/team-a' });
    const ask = (registry: string, repositories: string[], principal = hub.viewer) =>
      hub.handouts.issue(principal, { registry, repositories, purpose });
    for (const registry of ['part', 'named', 'nexus']) {
      await expect(ask(registry, ['team-b/secret'])).rejects.toThrow(Forbidden);
      await expect(ask(registry, ['team-a/api', 'team-ab/secret'])).rejects.toThrow('team-ab/secret is not below team-a');
      await expect(ask(registry, ['team-a/api'])).resolves.toMatchObject({ origin: 'narrowed' });
    }
    await expect(ask('part', [])).rejects.toThrow('name the repositories');
    await expect(ask('named', [])).resolves.toMatchObject({ origin: 'narrowed' });
    await expect(ask('part', ['team-b/secret'], hub.operator)).resolves.toMatchObject({ origin: 'narrowed' });
    expect(hub.script.scopes.filter(({ repositories }) => repositories.includes('team-b/secret'))).toHaveLength(1);
  });

  it('says what a credential for a project opens, and gives it to a viewer of the whole project only', async () => {
    await using hub = await handoutHub();
    await hub.add('whole', { provider: 'project' });
    await hub.add('part', { provider: 'project', url: 'https://part.test', namespace: 'shop/public' });
    const ask = (registry: string, repository: string, principal = hub.viewer) =>
      hub.handouts.issue(principal, { registry, repositories: [repository], purpose });
    expect((await ask('whole', 'shop/api')).scope).toMatchObject({ narrowed: true, reason: expect.stringContaining('all of shop') });
    await expect(ask('part', 'shop/public/api')).rejects.toThrow(/open all of shop/);
    expect(await ask('part', 'shop/public/api', hub.operator)).toMatchObject({ origin: 'narrowed' });
  });

  it('is nothing for a viewer where the issuer knows only one scope for all that it has', async () => {
    await using hub = await handoutHub();
    await hub.add('reg', { provider: 'owner' });
    await expect(hub.handouts.issue(hub.viewer, { registry: 'reg', repositories: [], purpose })).rejects.toThrow(Forbidden);
    const workload = { token: 'jwt', annotations: {} };
    await expect(hub.handouts.issue(hub.viewer, { registry: 'reg', purpose, workload })).rejects.toThrow(Forbidden);
    expect(hub.script.scopes).toEqual([]);
    expect(await hub.handouts.issue(hub.operator, { registry: 'reg', purpose })).toMatchObject({ origin: 'narrowed' });
  });

  it('is nothing where nothing is needed, for anybody', async () => {
    await using hub = await handoutHub();
    await hub.add('open', { provider: 'generic', signIn: 'anonymous', fields: {} });
    const handout = await hub.handouts.issue(hub.viewer, { registry: 'open', purpose });
    expect(handout).toMatchObject({ kind: 'anonymous', origin: 'none', scope: { reason: 'open is used without a sign-in.' } });
    expect(handout.secret).toBeUndefined();
  });

  it('is an identity token where that is what there is, and never a bearer token', async () => {
    await using hub = await handoutHub();
    await hub.add('reg', { provider: 'generic', signIn: 'identity-token', fields: { identityToken: 'refresh-me' } });
    expect(await hub.handouts.issue(hub.operator, { registry: 'reg', purpose })).toMatchObject({
      kind: 'identity',
      secret: 'refresh-me',
      origin: 'stored',
    });
    hub.script.own = () => ({ kind: 'bearer', token: 'ready' });
    await hub.add('bearer', { provider: 'wide' });
    const asked = hub.handouts.issue(hub.operator, { registry: 'bearer', purpose });
    await expect(asked).rejects.toThrow(UnsupportedError);
    await expect(asked).rejects.toThrow(/bearer token/);
  });

  it('is of the service account that asks, and falls back to the registry where its annotations name nothing', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    const ask = (annotations: Record<string, string>, token = 'jwt') =>
      hub.handouts.issue(hub.viewer, { registry: 'reg', purpose: 'kubelet', workload: { token, annotations } });
    expect(await ask({ role: 'shop' })).toMatchObject({ origin: 'workload', username: 'sa', secret: 'of-shop' });
    expect(await ask({ role: 'shop' })).toMatchObject({ secret: 'of-shop' });
    expect(hub.script.workloads).toHaveLength(1);
    expect(await ask({ role: 'bank' })).toMatchObject({ secret: 'of-bank' });
    expect(await ask({ role: 'shop' }, 'another jwt')).toMatchObject({ secret: 'of-shop' });
    expect(hub.script.workloads).toHaveLength(3);
    expect(await ask({})).toMatchObject({ origin: 'narrowed' });
  });

  it('is the whole one where that is asked for, and not for a viewer', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    expect(await hub.handouts.issue(hub.operator, { registry: 'reg', whole: true, purpose })).toMatchObject({ origin: 'stored' });
    await expect(hub.handouts.issue(hub.viewer, { registry: 'reg', whole: true, purpose })).rejects.toThrow(Forbidden);
    expect(hub.script.scopes).toEqual([]);
  });

  it('is another one at once after an edit', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    const ask = async () => (await hub.handouts.issue(hub.operator, { registry: 'reg', purpose })).secret;
    expect(await ask()).toBe('narrow-1');
    await hub.registries.update(hub.admin, 'reg', { fields: { password: 'changed' } });
    expect(await ask()).toBe('narrow-2');
  });
});

describe('what is recorded', () => {
  it('is every hand-out, with purpose and address, and no secret', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    const from = { ...hub.operator, address: '10.1.2.3' };
    await hub.handouts.issue(from, { registry: 'reg', repositories: ['shop/api'], purpose: ' kubelet ' });
    const { items } = await hub.audit.list({ action: 'credential' });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      action: 'credential.handed-out',
      actor: { name: 'otto' },
      address: '10.1.2.3',
      target: { kind: 'registry', name: 'reg' },
      after: { purpose: 'kubelet', origin: 'narrowed', push: false, repositories: ['shop/api'] },
    });
    expect(JSON.stringify(await hub.audit.list({}))).not.toMatch(/narrow-1|stored-reg/);
    // A build asks many times a minute; from another machine, it is another matter.
    await hub.handouts.issue(from, { registry: 'reg', repositories: ['shop/api'], purpose: 'kubelet' });
    await hub.handouts.issue({ ...from, address: '10.1.2.4' }, { registry: 'reg', repositories: ['shop/api'], purpose: 'kubelet' });
    expect((await hub.audit.list({ action: 'credential' })).items).toHaveLength(2);
    await hub.clock.advance(2 * minute);
    await hub.handouts.issue(from, { registry: 'reg', repositories: ['shop/api'], purpose: 'kubelet' });
    expect((await hub.audit.list({ action: 'credential' })).items).toHaveLength(3);
  });

  it('is written down by the next one where writing failed, and nothing was handed out', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    let broken = true;
    const audit = new Proxy(hub.audit, {
      get: (target, name) =>
        name === 'record'
          ? async (...entry: Parameters<typeof target.record>) => {
              if (broken) throw new Error('The database is locked.');
              return target.record(...entry);
            }
          : Reflect.get(target, name),
    });
    const handouts = new Handouts({ registries: hub.registries, providers: hub.providers, audit, clock: hub.clock });
    const ask = () => handouts.issue(hub.operator, { registry: 'reg', purpose });
    await expect(ask()).rejects.toThrow('locked');
    broken = false;
    await ask();
    expect((await hub.audit.list({ action: 'credential' })).items).toHaveLength(1);
  });

  it('is bounded in number, for each caller', async () => {
    await using hub = await handoutHub();
    await hub.add('reg');
    const ask = (count: number) => hub.handouts.issue(hub.operator, { registry: 'reg', repositories: [`repo-${count}`], purpose });
    // 200 scopes at once are fine, more are a program gone wild.
    for (let count = 0; count < 200; count++) await ask(count);
    await expect(ask(200)).rejects.toThrow(TooManyRequests);
    await expect(ask(200)).rejects.toThrow(TooManyRequests);
    // What is there already costs nothing.
    await expect(ask(7)).resolves.toMatchObject({ secret: 'narrow-8' });
  });

  it('stops a caller who asks without end', async () => {
    await using hub = await handoutHub();
    // Names no registry, so nothing is looked up.
    const ask = (principal = hub.operator) => hub.handouts.issue(principal, { purpose });
    for (let count = 0; count < 1000; count++) await expect(ask()).rejects.toThrow(InvalidSettings);
    await expect(ask()).rejects.toMatchObject({ code: 'handout_limited', retryAfter: 20 });
    await expect(ask(hub.viewer)).rejects.toThrow(InvalidSettings);
    await hub.clock.advance(1000);
    await expect(ask()).rejects.toThrow(InvalidSettings);
  });
});
