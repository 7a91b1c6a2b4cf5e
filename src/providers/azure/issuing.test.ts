import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProvider } from '../../provider/check.ts';
import type { CatalogContext, CredentialScope } from '../../provider/define.ts';
import { type FakeAzure, LoopbackHttp, serve, startAzure } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../acr.ts';

const clientId = '00001111-aaaa-2222-bbbb-3333cccc4444';
const podId = '11112222-bbbb-3333-cccc-4444dddd5555';
const tenantId = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const clientSecret = 'abC8Q~secret.ofTheApplication0123456789';
const tokenPassword = 'tokenPassword/0123456789+abcdefghijklmno';
const subject = 'system:serviceaccount:shop:web';
const scope: CredentialScope = { repositories: ['team/app'], push: false, lifetime: 1800_000 };

describe('provider acr, issuing for others', () => {
  let clock: FakeClock;
  let azure: FakeAzure;
  let http: LoopbackHttp;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    azure = await startAzure({
      clock,
      applications: { [clientId]: { tenant: tenantId, secret: clientSecret }, [podId]: { tenant: tenantId, subject } },
      tokens: { read: { password: tokenPassword, actions: ['pull'] } },
    });
    for (const name of ['team/app', 'team/tool']) azure.content.addTag(name, '1', clock.now());
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await http.close();
    await azure.close();
  });

  const principal = { method: 'service-principal', clientId, clientSecret, tenantId };
  const token = { method: 'token', username: 'read', password: tokenPassword };
  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    const endpoints = { login: azure.login.origin, metadata: azure.metadata.origin, registry: azure.registry.origin };
    const url = new URL(azure.registry.origin);
    return { url, endpoints, settings: { cloud: 'global' }, signIn, http, clock, ...change } as unknown as CatalogContext;
  }
  const scoped = async (signIn: Record<string, unknown>, change: Partial<CredentialScope> = {}) =>
    provider.issueScoped?.(context(signIn), { ...scope, ...change });
  const failure = (work: Promise<unknown> | undefined): Promise<Error> =>
    Promise.resolve(work).then(
      () => expect.unreachable('it was not refused'),
      (error: Error) => error,
    );

  it('asks for a token for each repository, with its end', async () => {
    const credential = await scoped(principal, { repositories: ['team/app', 'team/tool'], push: true });
    expect(credential).toMatchObject({ kind: 'bearer' });
    expect(Math.abs((credential?.expiresAt ?? 0) - clock.now() - 75 * 60_000)).toBeLessThan(1000);
    const form = new URLSearchParams(azure.registry.calls.at(-1)?.body);
    expect(form.getAll('scope')).toEqual(['repository:team/app:pull,push', 'repository:team/tool:pull,push']);
    expect(form.get('grant_type')).toBe('refresh_token');
  });

  it('presents the user and password of a token to the token server alone, and never in a URL', async () => {
    await scoped(token);
    const call = azure.registry.calls.at(-1);
    expect(call?.method).toBe('GET');
    expect(call?.target).not.toContain('Password');
    expect(call?.headers['authorization']).toMatch(/^Basic /);
  });

  it('says so when the registry grants less than is asked for', async () => {
    const error = await failure(scoped(token, { push: true }));
    expect(error).toMatchObject({ code: 'credential_refused', message: expect.stringContaining('push to team/app') });
    expect(provider.explain?.(error, { signIn: 'token' })?.help).toContain('scope map');
    expect(inspect(error, { depth: 10 })).not.toContain(tokenPassword);
  });

  it('says so when the password is wrong', async () => {
    const error = await failure(scoped({ ...token, password: 'wrongPassword0123' }));
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'token' })).toMatchObject({ field: 'fields.password' });
    expect(inspect(error, { depth: 10 })).not.toContain('wrongPassword');
  });

  it('takes a token that does not say its end for one of a minute', async () => {
    const opaque = await serve(() => ({ status: 200, body: { access_token: 'opaque' } }));
    const ctx = context(token, { url: new URL(opaque.origin) });
    expect(await provider.issueScoped?.(ctx, scope)).toMatchObject({ token: 'opaque', expiresAt: clock.now() + 60_000 });
    await opaque.close();
  });

  it.each(['*', 'team/*', 'team/app:pull,push', ' x'])('does not take %s for a name', async (name) => {
    await expect(scoped(token, { repositories: [name] })).rejects.toMatchObject({ code: 'invalid_reference' });
  });

  describe('for a service account', () => {
    const assertion = () => azure.cluster.issue({ sub: subject, aud: 'api://AzureADTokenExchange' }, 600);
    const of = (client: string, tenant: string) => ({ token: assertion(), annotations: { [client]: podId, [tenant]: tenantId } });

    it.each([
      ['azure.workload.identity/client-id', 'azure.workload.identity/tenant-id'],
      ['kubernetes.azure.com/acr-client-id', 'kubernetes.azure.com/acr-tenant-id'],
    ])('takes %s, and uses neither the stored secret nor the machine’s identity', async (client, tenant) => {
      const credential = await provider.issueForWorkload?.(context(principal), of(client, tenant));
      expect(credential).toMatchObject({ kind: 'basic', username: '00000000-0000-0000-0000-000000000000' });
      expect(azure.login.calls.map(({ body }) => new URLSearchParams(body).get('client_id'))).toEqual([podId]);
      expect(JSON.stringify(azure.login.calls)).not.toContain(encodeURIComponent(clientSecret));
      expect(azure.metadata.calls).toEqual([]);
    });

    it('sends nothing to a host that is not of Azure', async () => {
      const ctx = context(principal, { url: new URL('https://evil.example') });
      const workload = of('azure.workload.identity/client-id', 'azure.workload.identity/tenant-id');
      await expect(provider.issueForWorkload?.(ctx, workload)).rejects.toMatchObject({ code: 'invalid_settings' });
      expect(azure.login.calls).toEqual([]);
    });
  });

  it('takes pairs where the registry takes them', () => {
    const pairs = Object.entries(provider.signIn).map(([method, { pair }]) => [method, pair]);
    expect(Object.fromEntries(pairs)).toMatchObject({
      'service-principal': ['clientId', 'clientSecret'],
      token: ['username', 'password'],
      admin: ['username', 'password'],
      'managed-identity': undefined,
    });
    expect(checkProvider(provider, 'acr')).toEqual([]);
  });
});
