import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext, TagInfo } from '../provider/define.ts';
import { trustsRealm } from '../provider/realm.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeGitLab, LoopbackHttp, startGitLab } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './gitlab.ts';

const personal = 'glpat-personalToken0123456789';
const project = 'glpat-projectToken0123456789';
const registryOnly = 'glpat-registryOnly0123456789';
const deploy = 'gldt-deployToken0123456789';
const job = 'glcbt-64_jobToken0123456789';

function start(clock: FakeClock): Promise<FakeGitLab> {
  return startGitLab({
    clock,
    tokens: {
      [personal]: { kind: 'personal', username: 'ana', scopes: ['read_registry', 'read_api'] },
      [project]: { kind: 'personal', scopes: ['read_registry', 'read_api'], until: Date.UTC(2099, 1, 3) },
      [registryOnly]: { kind: 'personal', scopes: ['read_registry'] },
      [deploy]: { kind: 'deploy', username: 'gitlab+deploy-token-7', scopes: ['read_registry'] },
      [job]: { kind: 'job', scopes: [], until: clock.now() + 3600_000 },
    },
    groups: ['acme', 'acme/platform'],
    projects: ['acme/web', 'acme/platform/tools', 'acme/open'],
    public: ['acme/open', 'acme/web'],
  });
}

describeProvider({
  provider,
  hosts: {
    own: ['registry.gitlab.com', 'Registry.GitLab.com'],
    foreign: ['gitlab.com', 'registry.gitlab.com.evil.io', 'evilregistry.gitlab.com', 'registry.gitlab.example', 'registry-gitlab.com'],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const gitlab = await start(clock);
    for (let i = 0; i < 320; i++) gitlab.content.addRepository(`acme/web/app-${i}`);
    for (let i = 0; i < 310; i++) gitlab.content.addTag('acme/web/app-0', `1.0.${i}`, clock.now() - i * 1000);
    return {
      clock,
      url: new URL(gitlab.registry.origin),
      namespace: 'acme',
      secretEnds: {
        // GitLab's own URL is not known to it.
        token: {},
        'access-token': { accessToken: Date.UTC(2099, 1, 3) },
        'deploy-token': {},
        'job-token': {},
        anonymous: {},
      },
      signIns: {
        token: { username: 'ana', token: personal },
        'access-token': { accessToken: project, gitlabUrl: gitlab.gitlab.origin },
        'deploy-token': { username: 'gitlab+deploy-token-7', deployToken: deploy },
        'job-token': { jobToken: job },
        anonymous: {},
      },
      refused: {
        token: { username: 'ana', token: 'glpat-wrongToken00123456789' },
        'access-token': { accessToken: 'glpat-revokedToken0123456789' },
        'deploy-token': { username: 'gitlab+deploy-token-8', deployToken: deploy },
        'job-token': { jobToken: 'glcbt-64_endedToken0123456789' },
      },
      repository: 'acme/web/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `acme/web/app-${index}`),
      close: () => gitlab.close(),
    };
  },
});

describe('provider gitlab, in particular', () => {
  let clock: FakeClock;
  let gitlab: FakeGitLab;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];
  const token = { method: 'token', username: 'ana', token: personal };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    gitlab = await start(clock);
    for (const name of ['acme/web', 'acme/platform/tools/lint/go', 'acme/open/app']) gitlab.content.addTag(name, '1.0', clock.now() - 5000);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await gitlab.close();
  });

  async function signedIn(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const url = new URL(gitlab.registry.origin);
    const ctx = { url, settings: {}, signIn, http, clock, ...change } as unknown as CatalogContext;
    const credential = await provider.issueCredential(ctx);
    const client = new RegistryClient({
      url: ctx.url.hostname.endsWith('.localhost') ? ctx.url : url,
      tls: { mode: 'plain' },
      retries: 0,
      traits: provider.traits,
      credential,
      lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      trustRealm: (realm) => trustsRealm(provider, realm),
    });
    clients.push(client);
    return { ...ctx, client };
  }
  const failure = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );
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

  it('lists a group with its subgroups, a subgroup, and a project', async () => {
    expect(await names(await signedIn(token, { namespace: 'acme' }))).toHaveLength(3);
    expect(await names(await signedIn(token, { namespace: 'acme/platform' }))).toEqual(['acme/platform/tools/lint/go']);
    expect(await names(await signedIn(token, { namespace: 'acme/web' }))).toEqual(['acme/web']);
    expect(await names(await signedIn({ method: 'job-token', jobToken: job }, { namespace: 'acme/web' }))).toEqual(['acme/web']);
  });

  it('says what is missing for a list', async () => {
    expect(await failure(names(await signedIn(token)))).toMatchObject({ fields: [{ field: 'namespace' }] });
    const unknown = await failure(names(await signedIn(token, { namespace: 'nobody' })));
    expect(provider.explain?.(unknown, { signIn: 'token' })).toMatchObject({ field: 'namespace' });
    const scope = await failure(
      names(await signedIn({ ...token, username: 'x', method: 'access-token', accessToken: registryOnly }, { namespace: 'acme' })),
    );
    expect(provider.explain?.(scope, { signIn: 'access-token' })?.help).toContain('read_api');
    const deployed = { method: 'deploy-token', username: 'gitlab+deploy-token-7', deployToken: deploy };
    expect(await failure(names(await signedIn(deployed, { namespace: 'acme' })))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('read_api'),
    });
  });

  it.each(['acme/web', 'acme/platform/tools/lint/go'])('finds the project of %s and tells of its tags', async (repository) => {
    const ctx = await signedIn(token);
    const expected = [{ name: '1.0', digest: expect.stringMatching(/^sha256:/), pushedAt: clock.now() - 5000, size: expect.any(Number) }];
    expect(await tags(ctx, repository)).toEqual(expected);
    const calls = gitlab.gitlab.calls.length;
    expect(await tags(ctx, repository)).toEqual(expected);
    // Its number is known now.
    expect(gitlab.gitlab.calls.slice(calls).filter(({ url }) => url.pathname.startsWith('/api/v4'))).toEqual([]);
  });

  it.each([
    ['a job token', { method: 'job-token', jobToken: job }],
    ['a deploy token', { method: 'deploy-token', username: 'gitlab+deploy-token-7', deployToken: deploy }],
    ['a token without read_api', { method: 'access-token', accessToken: registryOnly }],
    ['nobody, in a public project', { method: 'anonymous' }],
  ])('names tags for %s', async (_who, signIn) => {
    expect(await tags(await signedIn(signIn), 'acme/web')).toEqual([{ name: '1.0' }]);
  });

  it('sends no deploy token to the API', async () => {
    await tags(await signedIn({ method: 'deploy-token', username: 'gitlab+deploy-token-7', deployToken: deploy }), 'acme/web');
    expect(gitlab.gitlab.calls.filter(({ url }) => url.pathname.startsWith('/api/'))).toEqual([]);
  });

  it('sends nothing to a GitLab on another host before somebody has confirmed it', async () => {
    const url = new URL(gitlab.registry.origin.replace('127.0.0.1', 'registry.localhost'));
    const ctx = await signedIn(token, { url, namespace: 'acme' });
    const error = await failure(names(ctx));
    expect(error).toMatchObject({ name: 'CredentialError' });
    expect(provider.explain?.(error, { signIn: 'token' })).toMatchObject({ message: expect.any(String) });
    expect(gitlab.gitlab.calls).toEqual([]);
    expect(inspect(error)).not.toContain(personal);
  });

  it('trusts gitlab.com as token server, and no look-alike', () => {
    expect(trustsRealm(provider, new URL('https://gitlab.com/jwt/auth'))).toBe(true);
    for (const realm of [
      'http://gitlab.com/jwt/auth',
      'https://gitlab.com.evil.io/',
      'https://evilgitlab.com/',
      'https://gitlab.com:8443/',
    ])
      expect(trustsRealm(provider, new URL(realm))).toBe(false);
  });

  it('asks the API of gitlab.com, or of the GitLab that is entered', async () => {
    const saas = await signedIn(token, {
      url: new URL('https://registry.gitlab.com'),
      endpoints: { gitlab: gitlab.gitlab.origin },
      namespace: 'acme',
    });
    expect(await names(saas)).toHaveLength(3);
    const own = await signedIn(token, { settings: { gitlabUrl: `${gitlab.gitlab.origin}/` }, namespace: 'acme' });
    expect(await names(own)).toHaveLength(3);
  });

  it('is recognised by its token server, and Gitea is not', () => {
    const answer = { realm: new URL('https://gitlab.example.com/jwt/auth'), service: 'container_registry', headers: {} };
    expect(provider.recognises?.(answer)).toBe(true);
    expect(provider.recognises?.({ ...answer, realm: new URL('https://codeberg.org/v2/token') })).toBe(false);
  });

  describe('what people paste', () => {
    const url = new URL('https://registry.gitlab.com');
    const check = (signIn: string, fields: Record<string, string>) => {
      try {
        return checkFields(provider, { signIn, fields, url });
      } catch (error) {
        return error;
      }
    };
    it('is taken with blanks and line ends around it', () => {
      expect(check('token', { username: ' ana\n', token: `${personal}\r\n` })).toMatchObject({ secrets: { token: personal } });
    });
    it.each([
      ['user and token swapped', 'token', { username: personal, token: 'ana' }, 'fields.username', /swapped/],
      ['a deploy token as personal one', 'token', { username: 'ana', token: deploy }, 'fields.token', /deploy token/],
      ['a job token as project token', 'access-token', { accessToken: job }, 'fields.accessToken', /job token/],
      ['a personal token as deploy token', 'deploy-token', { username: 'x', deployToken: personal }, 'fields.deployToken', /access token/],
    ])('is noticed: %s', (_what, signIn, fields, field, words) => {
      const error = check(signIn, fields);
      expect(error).toMatchObject({ fields: [{ field, message: expect.stringMatching(words) }] });
      for (const value of [personal, deploy, job]) expect(inspect(error)).not.toContain(value);
    });
  });

  it.each([
    ['https://registry.gitlab.com/acme/platform/tools', 'acme/platform/tools'],
    ['https://registry.gitlab.com/', undefined],
    ['https://registry.gitlab.com/v2/', undefined],
    ['https://registry.example.com/acme', undefined],
  ])('reads of %s the group or project %s', (pasted, namespace) => {
    expect(provider.inferNamespace?.(new URL(pasted))).toBe(namespace);
  });

  it('waits while the API throttles', async () => {
    gitlab.throttle(2);
    const listing = names(await signedIn(token, { namespace: 'acme' }));
    let done = false;
    const ended = listing.then(() => (done = true));
    for (let i = 0; i < 200 && !done; i++) {
      await clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await ended;
    expect(await listing).toHaveLength(3);
  });
});
