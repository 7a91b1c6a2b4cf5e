import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryError } from '../core/errors.ts';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext, TagInfo } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeGoogle, type GoogleOptions, LoopbackHttp, startGoogle } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './gar.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const email = 'tagboat@acme-prod.iam.gserviceaccount.com';
const pool = 'projects/123456789012/locations/global/workloadIdentityPools/clusters/providers/prod';
const subject = 'system:serviceaccount:tagboat:hub';

function keyFile(change: Record<string, unknown> = {}, key = pair.privateKey): string {
  const json = {
    type: 'service_account',
    project_id: 'acme-prod',
    private_key_id: '0123456789abcdef0123456789abcdef01234567',
    private_key: key.export({ type: 'pkcs8', format: 'pem' }),
    client_email: email,
    client_id: '123456789012345678901',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    universe_domain: 'googleapis.com',
    ...change,
  };
  return JSON.stringify(json, undefined, 2);
}

function start(clock: FakeClock, change: GoogleOptions = {}): Promise<FakeGoogle> {
  return startGoogle({
    clock,
    accounts: { [email]: { '0123456789abcdef0123456789abcdef01234567': pair.publicKey } },
    machine: email,
    pools: { [pool]: { subject, accounts: [email] } },
    ...change,
  });
}

const endpointsOf = ({ api, metadata, registry }: FakeGoogle) => ({
  oauth: api.origin,
  sts: api.origin,
  iam: api.origin,
  api: api.origin,
  keys: api.origin,
  metadata: metadata.origin,
  registry: registry.origin,
});

describeProvider({
  provider,
  hosts: {
    own: [
      'europe-west1-docker.pkg.dev',
      'us-docker.pkg.dev',
      'northamerica-northeast1-docker.pkg.dev',
      'docker.s3nsregistry.fr',
      'gcr.io',
      'us.gcr.io',
      'eu.gcr.io',
      'asia.gcr.io',
      'EU.GCR.IO',
    ],
    foreign: [
      'pkg.dev',
      'docker.pkg.dev',
      '-docker.pkg.dev',
      'europe-west1-python.pkg.dev',
      'europe-west1-docker.pkg.dev.evil.io',
      'europe-west1-docker.evilpkg.dev',
      'evil.europe-west1-docker.pkg.dev',
      'evilgcr.io',
      'fr.gcr.io',
      'gcr.io.evil.io',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const google = await start(clock, { public: true, keyEnds: { '0123456789abcdef0123456789abcdef01234567': '2027-03-04T05:06:07Z' } });
    for (let i = 0; i < 320; i++) google.content.addRepository(`acme-prod/apps/app-${i}`);
    google.content.addRepository('acme-prod/other/team/app');
    for (let i = 0; i < 310; i++) google.content.addTag('acme-prod/apps/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const location = 'europe-west1';
    const oidcToken = google.issuer.issue({ sub: subject }, 365 * 86_400);
    const annotations = {
      'iam.gke.io/workload-identity-provider': `//iam.googleapis.com/${pool}`,
      'iam.gke.io/gcp-service-account': email,
    };
    const aud = `//iam.googleapis.com/${pool}`;
    const tokenFor = (claims: Record<string, unknown>, seconds = 600) => google.issuer.issue({ aud, sub: subject, ...claims }, seconds);
    return {
      clock,
      url: new URL(google.registry.origin),
      endpoints: endpointsOf(google),
      creating: {
        signIn: 'json-key',
        repositories: ['acme-prod/made/app', 'acme-prod/later/team/app'],
        has: (name: string) => google.repositories.has(name.split('/').slice(0, 2).join('/')),
      },
      scoped: { 'json-key': { named: false, push: false }, federation: { named: false, push: false } },
      workload: {
        good: { token: tokenFor({}), annotations },
        bad: {
          'a changed token': { token: `${tokenFor({}).slice(0, -4)}AAAA`, annotations },
          'a token that has ended': { token: tokenFor({}, -1), annotations },
          'another audience': { token: tokenFor({ aud: 'https://kubernetes.default.svc' }), annotations },
          'another service account': { token: tokenFor({ sub: 'system:serviceaccount:shop:other' }), annotations },
          'an account that it may not act as': {
            token: tokenFor({}),
            annotations: { ...annotations, 'iam.gke.io/gcp-service-account': 'other@acme-prod.iam.gserviceaccount.com' },
          },
          'no provider': { token: tokenFor({}), annotations: { 'iam.gke.io/workload-identity-provider': 'clusters' } },
        },
      },
      secretEnds: { 'json-key': { jsonKey: Date.UTC(2027, 2, 4, 5, 6, 7) }, 'workload-identity': {}, federation: {}, anonymous: {} },
      signIns: {
        'json-key': { location, jsonKey: keyFile() },
        'workload-identity': { location },
        federation: { location, workloadProvider: `//iam.googleapis.com/${pool}`, serviceAccount: email, oidcToken },
        anonymous: { location },
      },
      refused: {
        'json-key': { location, jsonKey: keyFile({}, other.privateKey) },
        federation: { location, workloadProvider: pool, oidcToken: google.issuer.issue({ sub: 'system:serviceaccount:other:hub' }, 3600) },
      },
      repository: 'acme-prod/apps/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: [...Array.from({ length: 320 }, (_, index) => `acme-prod/apps/app-${index}`), 'acme-prod/other/team/app'],
      lifetime: { 'json-key': 3599_000, 'workload-identity': 3599_000, federation: 3600_000 },
      close: () => google.close(),
    };
  },
});

describe('provider gar, in particular', () => {
  let clock: FakeClock;
  let google: FakeGoogle;
  let http: LoopbackHttp;
  let folder: string;
  const clients: RegistryClient[] = [];
  const key = (jsonKey = keyFile(), presentAs = 'oauth2accesstoken') => ({ method: 'json-key', jsonKey, presentAs });

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    google = await start(clock);
    google.content.addTag('acme-prod/apps/web', '1.0', clock.now() - 5000);
    google.content.addTag('acme-prod/other/team/api', '1.0', clock.now() - 5000);
    http = new LoopbackHttp();
    folder = await mkdtemp(join(tmpdir(), 'tagboat-gar-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await google.close();
    await rm(folder, { recursive: true });
  });

  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    const url = new URL(google.registry.origin);
    const settings = { location: 'europe-west1' };
    return { url, settings, endpoints: endpointsOf(google), signIn, http, clock, ...change } as unknown as CatalogContext;
  }
  async function signedIn(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const ctx = context(signIn, change);
    const url = new URL(google.registry.origin);
    const credential = await provider.issueCredential(ctx);
    const client = new RegistryClient({ url, tls: { mode: 'plain' }, retries: 0, traits: provider.traits, credential });
    clients.push(client);
    return { ...ctx, client };
  }
  const failure = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );
  const explained = async (signIn: Record<string, unknown>, change: Record<string, unknown> = {}) =>
    provider.explain?.(await failure(provider.issueCredential(context(signIn, change))), { signIn: String(signIn['method']) });
  async function names(ctx: CatalogContext): Promise<string[]> {
    const found: string[] = [];
    for await (const page of provider.listRepositories?.(ctx) ?? []) found.push(...page.items.map(({ name }) => name));
    return found.toSorted();
  }
  async function tags(ctx: CatalogContext, repository: string): Promise<TagInfo[]> {
    const found: TagInfo[] = [];
    for await (const page of provider.listTags?.(ctx, repository) ?? []) found.push(...page.items);
    return found;
  }

  describe('JSON keys as people paste them', () => {
    const good = keyFile();
    const lines = good.replace(/"private_key": "([^"]+)"/, (_all, pem: string) => `"private_key": "${pem.replaceAll('\\n', '\n')}"`);
    it.each([
      ['as the file is', good],
      ['with line ends around it', `\n\n${good}\r\n`],
      ['on one line', JSON.stringify(JSON.parse(good))],
      ['in single quotes', `'${good}'`],
      ['in double quotes, not escaped', `"${good}"`],
      ['encoded as a string', JSON.stringify(good)],
      ['encoded twice', JSON.stringify(JSON.stringify(good))],
      ['escaped, without its quotes', JSON.stringify(good).slice(1, -1)],
      ['in base64', Buffer.from(good).toString('base64')],
      ['in wrapped base64', Buffer.from(good).toString('base64').replaceAll(/.{76}/g, '$&\n')],
      ['in base64, in quotes', `"${Buffer.from(good).toString('base64')}"`],
      ['base64 of quoted JSON', Buffer.from(JSON.stringify(good)).toString('base64')],
      ['with the line ends of the key put in by an editor', lines],
      ['with line ends escaped twice', good.replaceAll('\\n', '\\\\n')],
      ['with Docker’s user name', `_json_key:${good}`],
    ])('%s', async (_how, jsonKey) => {
      const url = new URL('https://europe-west1-docker.pkg.dev');
      expect(checkFields(provider, { signIn: 'json-key', fields: { jsonKey }, url }).secrets['jsonKey']).toBeDefined();
      await expect(provider.issueCredential(context(key(jsonKey)))).resolves.toMatchObject({ username: 'oauth2accesstoken' });
    });

    const secretPart = /"private_key": "([^"]+)"/.exec(good)?.[1]?.slice(60, 120) ?? '';
    it.each([
      ['cut off', good.slice(0, 900), /cut off/],
      ['with a damaged private key', good.replace('MII', 'XXX'), /damaged/],
      ['of a person’s login', keyFile({ type: 'authorized_user' }), /gcloud/],
      ['of federation', keyFile({ type: 'external_account' }), /federation/],
      ['of an OAuth client', JSON.stringify({ installed: { client_secret: 'x' } }), /OAuth client/],
      ['of an unknown type', keyFile({ type: 'x' }), /“type”/],
      ['only the PEM', String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })), /whole JSON/],
      ['only a password', 'hunter2 and more', /no JSON key/],
      ['base64 of something else', Buffer.from([0, 255, 254, 1, 2, 3, 4, 5]).toString('base64'), /no JSON key/],
      ['with a hostile token_uri', keyFile({ token_uri: 'https://evil.example/token' }), /not Google’s/],
      ['with a token_uri that looks right', keyFile({ token_uri: 'https://oauth2.googleapis.com.evil.io/token' }), /not Google’s/],
      ['of another universe', keyFile({ universe_domain: 's3nsapis.fr' }), /universe/],
    ])('are refused in words when %s, and not shown', async (_how, jsonKey, words) => {
      const url = new URL('https://europe-west1-docker.pkg.dev');
      let error: unknown;
      try {
        checkFields(provider, { signIn: 'json-key', fields: { jsonKey }, url });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ fields: [{ field: 'fields.jsonKey', message: expect.stringMatching(words) }] });
      expect(inspect(error)).not.toContain(secretPart);
      expect(await failure(provider.issueCredential(context(key(jsonKey))))).toMatchObject({ code: 'invalid_settings' });
      expect(http.requests).toEqual([]);
    });
  });

  it('asks Google’s own token server, whatever a key says, with a token for it alone', async () => {
    await provider.issueCredential(context(key(keyFile({ token_uri: 'https://accounts.google.com/o/oauth2/token' }))));
    expect(http.requests).toEqual([`POST ${google.api.origin}/token`]);
    const [, payload = ''] = (new URLSearchParams(google.api.calls[0]?.body).get('assertion') ?? '').split('.');
    const iat = Math.floor(clock.now() / 1000);
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      iss: email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: 'https://oauth2.googleapis.com/token',
      iat,
      exp: iat + 3600,
    });
  });

  it.each(['_json_key', '_json_key_base64'])('presents the key itself as %s if told so, cut to what is needed', async (presentAs) => {
    const ctx = await signedIn(key(keyFile(), presentAs));
    expect(await tags(ctx, 'acme-prod/apps/web')).toHaveLength(1);
    const credential = (await provider.issueCredential(ctx)) as { username: string; password: string };
    expect(credential.username).toBe(presentAs);
    const json = presentAs === '_json_key' ? credential.password : Buffer.from(credential.password, 'base64').toString();
    expect(json).not.toContain('\n');
    expect(Object.keys(JSON.parse(json) as object)).not.toContain('auth_uri');
    expect(await names(ctx)).toHaveLength(2);
  });

  it('explains a clock that is wrong, a deleted account and a foreign key', async () => {
    const wrong = new FakeClock(clock.now() - 2 * 3600_000);
    expect((await explained(key(), { clock: wrong }))?.message).toContain('clock');
    expect(await explained(key(keyFile({ client_email: 'gone@acme-prod.iam.gserviceaccount.com' })))).toMatchObject({
      message: expect.stringContaining('no such service account'),
      field: 'fields.jsonKey',
    });
    expect(await explained(key(keyFile({}, other.privateKey)))).toMatchObject({ field: 'fields.jsonKey' });
  });

  describe('by the identity of this machine', () => {
    const federation = { method: 'federation', workloadProvider: pool, serviceAccount: email };
    async function tokenFile(claims: Record<string, unknown>): Promise<void> {
      await writeFile(join(folder, 'token'), `${google.issuer.issue({ sub: subject, ...claims }, 600)}\n`);
      vi.stubEnv('TAGBOAT_IDENTITY_TOKEN_FILE', join(folder, 'token'));
    }

    it.each([`//iam.googleapis.com/${pool}`, `https://iam.googleapis.com/${pool}`])('federates a token for %s', async (aud) => {
      await tokenFile({ aud: ['other', aud] });
      await expect(provider.issueCredential(context(federation))).resolves.toMatchObject({ expiresAt: clock.now() + 3600_000 });
    });

    it('does not hand a token to a pool that it was not made for', async () => {
      await tokenFile({ aud: 'https://kubernetes.default.svc' });
      expect(await failure(provider.issueCredential(context(federation)))).toMatchObject({ message: expect.stringContaining('audience') });
      expect(google.api.calls).toEqual([]);
    });

    it('says which grant impersonation lacks', async () => {
      await tokenFile({ aud: `//iam.googleapis.com/${pool}` });
      const signIn = { ...federation, serviceAccount: 'other@acme-prod.iam.gserviceaccount.com' };
      expect(await explained(signIn)).toMatchObject({ field: 'fields.serviceAccount' });
    });

    it('says so if there is none', async () => {
      await google.close();
      google = await start(clock, { machine: undefined });
      expect(await explained({ method: 'workload-identity' })).toMatchObject({ field: 'signIn' });
      vi.stubEnv('TAGBOAT_IDENTITY_TOKEN_FILE', undefined);
      expect(await explained(federation)).toMatchObject({ field: 'signIn' });
    });

    it.each([{ method: 'workload-identity' }, federation])('sends none of it to a host that is not Google’s (%#)', async (signIn) => {
      const endpoints = { ...endpointsOf(google), registry: 'https://registry.example' };
      expect(await failure(provider.issueCredential(context(signIn, { endpoints })))).toMatchObject({ fields: [{ field: 'url' }] });
      expect([...google.api.calls, ...google.metadata.calls]).toEqual([]);
    });
  });

  it.each([
    ['https://europe-west1-docker.pkg.dev/acme-prod/apps/web', 'acme-prod/apps'],
    ['https://europe-west1-docker.pkg.dev/acme-prod', 'acme-prod'],
    ['https://europe-west1-docker.pkg.dev/', undefined],
    ['https://gcr.io/acme-prod/web', 'acme-prod'],
    ['https://gcr.io/example.com/acme-prod/web', 'example.com/acme-prod'],
    ['https://registry.example.com/acme-prod/web', undefined],
  ])('reads of %s the namespace %s', (url, namespace) => {
    expect(provider.inferNamespace?.(new URL(url))).toBe(namespace);
    expect(provider.normaliseUrl?.(new URL(url)).pathname).toBe('/');
  });

  it('lists a repository, a project by its ID, and the project of the key', async () => {
    expect(await names(await signedIn(key(), { namespace: 'acme-prod/apps' }))).toEqual(['acme-prod/apps/web']);
    const settings = { location: 'europe-west1', projectId: 'acme-prod' };
    const all = ['acme-prod/apps/web', 'acme-prod/other/team/api'];
    expect(await names(await signedIn({ method: 'workload-identity' }, { settings }))).toEqual(all);
    expect(await names(await signedIn(key()))).toEqual(all);
    expect(await failure(names(await signedIn({ method: 'workload-identity' })))).toMatchObject({ fields: [{ field: 'namespace' }] });
  });

  it('lists gcr.io by the repository that stands behind it', async () => {
    await google.close();
    google = await start(clock, { location: 'us' });
    google.content.addTag('example.com/acme-prod/web', '1.0', clock.now());
    const ctx = await signedIn(key(), { namespace: 'example.com/acme-prod' });
    expect(await names({ ...ctx, url: new URL('https://gcr.io') })).toEqual(['example.com/acme-prod/web']);
    expect(google.api.calls.at(-1)?.url.pathname).toBe('/v1/projects/example.com:acme-prod/locations/us/repositories/gcr.io/packages');
  });

  it('tells of tags what the registry tells', async () => {
    expect(await tags(await signedIn(key()), 'acme-prod/apps/web')).toEqual([
      {
        name: '1.0',
        digest: expect.stringMatching(/^sha256:/),
        pushedAt: clock.now() - 5000,
        createdAt: clock.now() - 6000,
        size: expect.any(Number),
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
      },
    ]);
  });

  it('goes on by the API where the registry’s list is cut', async () => {
    await google.close();
    google = await start(clock, { cutAt: 10_000, public: true, pageLimit: 1000 });
    for (let i = 0; i < 10_050; i++) google.content.addTag('acme-prod/apps/big', `t${i}`, clock.now());
    const found = await tags(await signedIn(key()), 'acme-prod/apps/big');
    expect(new Set(found.map(({ name }) => name)).size).toBe(10_050);
    expect(found).toHaveLength(10_050);
    expect(found.at(-1)).toEqual({ name: expect.stringMatching(/^t\d+$/), digest: expect.stringMatching(/^sha256:/) });
    expect(await failure(tags(await signedIn({ method: 'anonymous' }), 'acme-prod/apps/big'))).toMatchObject({ code: 'invalid_answer' });
  });

  it('waits while the API throttles, and says so if it does not end', async () => {
    google.throttle(2);
    const listing = names(await signedIn(key()));
    for (let i = 0; i < 20; i++) {
      await clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await listing).toHaveLength(2);
    const error = new RegistryError('Too many.', { code: 'registry_rate_limited', method: 'GET', url: 'https://api.example/' });
    expect(provider.explain?.(error, { signIn: 'json-key' })?.help).toContain('requests per second');
  });
});
