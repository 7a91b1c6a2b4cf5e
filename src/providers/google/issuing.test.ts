import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogContext } from '../../provider/define.ts';
import { type FakeGoogle, type GoogleOptions, LoopbackHttp, serve, startGoogle } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../gar.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const email = 'tagboat@acme-prod.iam.gserviceaccount.com';
const keyId = '0123456789abcdef0123456789abcdef01234567';
const pool = 'projects/123456789012/locations/global/workloadIdentityPools/clusters/providers/prod';
const subject = 'system:serviceaccount:shop:web';
const jsonKey = JSON.stringify({
  type: 'service_account',
  project_id: 'acme-prod',
  private_key_id: keyId,
  private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: email,
});

describe('provider gar, making repositories and issuing for others', () => {
  let clock: FakeClock;
  let google: FakeGoogle;
  let http: LoopbackHttp;

  const start = (change: GoogleOptions = {}) =>
    startGoogle({
      clock,
      accounts: { [email]: { [keyId]: pair.publicKey } },
      pools: { [pool]: { subject, accounts: [email] } },
      machine: email,
      ...change,
    });

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    google = await start();
    google.content.addTag('acme-prod/apps/web', '1', clock.now());
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await http.close();
    await google.close();
  });

  const key = { method: 'json-key', jsonKey, presentAs: 'oauth2accesstoken' };
  function context(signIn: Record<string, unknown> = key, change: Record<string, unknown> = {}): CatalogContext {
    const { api, metadata, registry } = google;
    const base = {
      oauth: api.origin,
      sts: api.origin,
      iam: api.origin,
      api: api.origin,
      keys: api.origin,
      metadata: metadata.origin,
      registry: registry.origin,
    };
    const { endpoints, ...rest } = change as { endpoints?: Record<string, string> };
    const settings = { location: 'europe-west1' };
    return {
      url: new URL(registry.origin),
      endpoints: { ...base, ...endpoints },
      settings,
      signIn,
      http,
      clock,
      ...rest,
    } as unknown as CatalogContext;
  }
  /** Lets time go on for as long as it takes. */
  async function waking<T>(work: Promise<T> | undefined): Promise<T | undefined> {
    let done = false;
    const finish = () => {
      done = true;
    };
    work?.then(finish, finish);
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (clock.sleeping > 0) await clock.advance(1000);
    }
    return work;
  }
  const create = (name: string, ctx = context()) => waking(provider.createRepository?.(ctx, name));
  const failure = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.unreachable('it was not refused'),
      (error: Error) => error,
    );

  it('makes the repository that a name begins with, for Docker images, and waits until it is there', async () => {
    expect(await create('acme-prod/made/team/app')).toBe('created');
    const post = google.api.calls.find(({ method, target }) => method === 'POST' && target.includes('/repositories'));
    expect(post?.target).toBe('/v1/projects/acme-prod/locations/europe-west1/repositories?repositoryId=made');
    expect(JSON.parse(post?.body ?? '')).toEqual({ format: 'DOCKER' });
    expect(google.api.calls.filter(({ target }) => target.includes('/operations/'))).toHaveLength(2);
  });

  it('makes the one repository behind gcr.io, in its location', async () => {
    await google.close();
    google = await start({ location: 'us' });
    const url = new URL('https://us.gcr.io');
    expect(await create('example.com/project/app', context(key, { url, settings: {} }))).toBe('created');
    expect(
      google.api.calls.some(({ target }) => target === '/v1/projects/example.com:project/locations/us/repositories?repositoryId=us.gcr.io'),
    ).toBe(true);
    expect(await create('example.com/project/other', context(key, { url, settings: {} }))).toBe('exists');
  });

  it('tells who may make none that a repository is there', async () => {
    await google.close();
    google = await start({ readers: [email] });
    google.content.addTag('acme-prod/apps/web', '1', clock.now());
    expect(await create('acme-prod/apps/new')).toBe('exists');
    const error = await failure(create('acme-prod/other/app'));
    expect(error).toMatchObject({ code: 'registry_denied' });
    expect(provider.explain?.(error, { signIn: 'json-key' })?.help).toContain('roles/artifactregistry.admin');
  });

  it('does not take a repository for something else for one', async () => {
    google.content.addRepository('acme-prod/npm/x');
    expect(await failure(create('acme-prod/npm/x'))).toMatchObject({ code: 'invalid_answer', message: expect.stringContaining('NPM') });
  });

  it('says why an operation failed', async () => {
    google.repositories.failWith = { code: 8, message: 'Quota exceeded for\nrepositories.' };
    expect(await failure(create('acme-prod/made/app'))).toMatchObject({
      message: expect.stringContaining('Quota exceeded for repositories.'),
    });
    google.repositories.failWith = { code: 6, message: 'the repository already exists' };
    google.content.addRepository('acme-prod/race/x');
    expect(await create('acme-prod/race/app')).toBe('exists');
  });

  it('does not wait for ever, and stops when it is cancelled', async () => {
    const never = await serve((call) =>
      call.url.pathname === '/token'
        ? { status: 200, body: { access_token: 'ya29.x', expires_in: 3599 } }
        : { status: 200, body: { name: 'projects/acme-prod/locations/europe-west1/operations/1' } },
    );
    const endpoints = { api: never.origin, oauth: never.origin };
    const began = clock.now();
    expect(await failure(create('acme-prod/made/app', context(key, { endpoints })))).toMatchObject({ code: 'registry_unavailable' });
    expect(clock.now() - began).toBeLessThanOrEqual(130_000);
    const controller = new AbortController();
    const work = provider.createRepository?.(context(key, { endpoints, signal: controller.signal }), 'acme-prod/made/app');
    setTimeout(() => controller.abort(), 50);
    await expect(work).rejects.toThrow();
    await never.close();
  });

  it.each(['../../token', 'https://evil.example/x', 'projects/x/secrets/y'])('asks nothing at an operation named %s', async (name) => {
    const hostile = await serve((call) =>
      call.url.pathname === '/token'
        ? { status: 200, body: { access_token: 'ya29.x', expires_in: 3599 } }
        : { status: 200, body: { name } },
    );
    const error = await failure(create('acme-prod/made/app', context(key, { endpoints: { api: hostile.origin, oauth: hostile.origin } })));
    expect(error).toMatchObject({ code: 'invalid_answer' });
    expect(hostile.calls).toHaveLength(2);
    await hostile.close();
  });

  it('says what is missing of a name', async () => {
    await expect(create('acme-prod')).rejects.toMatchObject({ code: 'invalid_reference' });
    await expect(create('acme-prod/made/app', context({ method: 'anonymous' }))).rejects.toMatchObject({ code: 'invalid_settings' });
  });

  it('limits a token by the scope with which machines may pull, at each place where one is made', async () => {
    const readOnly = 'https://www.googleapis.com/auth/devstorage.read_only';
    const scope = { repositories: [], push: false, lifetime: 1800_000 };
    await provider.issueScoped?.(context(), scope);
    const [, payload = ''] = (new URLSearchParams(google.api.calls.at(-1)?.body).get('assertion') ?? '').split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ scope: readOnly });
    const oidcToken = google.issuer.issue({ sub: subject }, 600);
    const federation = { method: 'federation', workloadProvider: pool, oidcToken };
    await provider.issueScoped?.(context(federation), scope);
    expect(new URLSearchParams(google.api.calls.at(-1)?.body).get('scope')).toBe(readOnly);
    await provider.issueScoped?.(context({ ...federation, serviceAccount: email }), scope);
    expect(JSON.parse(google.api.calls.at(-1)?.body ?? '')).toEqual({ scope: [readOnly] });
  });

  it('makes no limited token where a project or repository is meant, which it could not be limited to', async () => {
    const scope = { repositories: [], push: false, lifetime: 1800_000 };
    expect(await provider.issueScoped?.(context(key, { namespace: 'acme-prod' }), scope)).toBeUndefined();
    expect(http.requests).toEqual([]);
  });

  it('takes for a service account what Argo CD and Flux annotate, and nothing of this machine', async () => {
    const token = google.issuer.issue({ sub: subject, aud: `https://iam.googleapis.com/${pool}` }, 600);
    const workload = { token, annotations: { 'gcp.auth.fluxcd.io/workload-identity-provider': pool } };
    const machine = context({ method: 'workload-identity' });
    expect(await provider.issueForWorkload?.(machine, workload)).toMatchObject({ kind: 'basic', username: 'oauth2accesstoken' });
    expect(google.metadata.calls).toEqual([]);
    // Without a provider, an account to act as is no way in.
    const account = { token, annotations: { 'iam.gke.io/gcp-service-account': email } };
    expect(await provider.issueForWorkload?.(machine, account)).toBeUndefined();
    await expect(provider.issueForWorkload?.({ ...machine, url: new URL('https://evil.example') }, workload)).rejects.toMatchObject({
      code: 'invalid_settings',
    });
  });

  it('says that it is the clock when it is ten minutes off', async () => {
    const error = await failure(provider.issueCredential(context(key, { clock: new FakeClock(clock.now() + 600_000) })));
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'json-key' })?.message).toContain('clock');
    expect(inspect(error, { depth: 10 })).not.toContain('PRIVATE KEY');
  });

  it.each([undefined, 0, '0'])('takes a token whose expires_in is %s for one of a minute', async (expires) => {
    const brief = await serve(() => ({ status: 200, body: { access_token: 'ya29.x', expires_in: expires } }));
    const credential = await provider.issueCredential(context(key, { endpoints: { oauth: brief.origin } }));
    expect(credential.expiresAt).toBe(clock.now() + 60_000);
    await brief.close();
  });

  it('knows of a key that does not end, and of one that it is not told about', async () => {
    expect(await provider.secretEnds?.(context())).toStrictEqual({});
    await google.close();
    google = await start({ keyEnds: { [keyId]: '9999-12-31T23:59:59Z' } });
    expect(await provider.secretEnds?.(context())).toStrictEqual({ jsonKey: undefined });
  });
});
