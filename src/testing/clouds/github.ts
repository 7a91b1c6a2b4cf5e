import { type KeyObject, randomBytes, verify } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';
import { tokenRegistry } from './token-registry.ts';

export interface GitHubOptions {
  clock?: Clock;
  /** Token → scopes and whose it is. */
  tokens?: Record<
    string,
    { login: string; scopes: readonly string[] /** As GitHub writes it; undefined: it does not end. */; ends?: string }
  >;
  /** App id → its public key and its installations. */
  apps?: Record<string, { key: KeyObject; installations: readonly string[] }>;
  organizations?: readonly string[];
  users?: readonly string[];
  /** Owners whose packages everybody may pull. */
  public?: readonly string[];
  pageLimit?: number;
}

/** A fake GitHub on loopback: REST API for packages and Apps, and the Container registry. */
export interface FakeGitHub {
  content: CloudContent;
  api: FakeService;
  registry: FakeService;
  /** The next calls of the API find the quota used up, which begins anew in so many seconds. */
  throttle(calls: number, seconds: number): void;
  close(): Promise<void>;
}

export async function startGitHub(options: GitHubOptions = {}): Promise<FakeGitHub> {
  const { clock = systemClock, tokens = {}, apps = {}, organizations = [], users = [], pageLimit = 100 } = options;
  const content = new CloudContent();
  const installed = new Map<string, { until: number; packages: string }>();
  let throttled = { calls: 0, seconds: 0 };

  const scopesOf = (token: string | undefined): readonly string[] | undefined => {
    const installation = installed.get(token ?? '');
    if (installation && installation.until > clock.now())
      return installation.packages === 'write' ? ['read:packages', 'write:packages'] : ['read:packages'];
    return Object.hasOwn(tokens, token ?? '') ? tokens[token ?? '']?.scopes : undefined;
  };
  const message = (status: number, text: string): Answer => ({
    status,
    body: { message: text, documentation_url: 'https://docs.github.com/rest' },
  });

  function answerInstallation(call: Call, id: string): Answer {
    const [header = '', payload = '', signature = ''] = (bearerOf(call) ?? '').split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}') as Record<string, unknown>;
    const app = apps[String(claims['iss'])];
    if (!app || !verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), app.key, Buffer.from(signature, 'base64url')))
      return message(401, 'A JSON web token could not be decoded');
    const now = clock.now() / 1000;
    if (Number(claims['exp']) < now || Number(claims['exp']) > now + 600 || Number(claims['iat']) > now)
      return message(401, "'Expiration time' claim ('exp') is too far in the future");
    if (call.method !== 'POST' || !app.installations.includes(id)) return message(404, 'Not Found');
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const until = clock.now() + 3600_000;
    const { permissions = { packages: 'write' } } = JSON.parse(call.body || '{}') as { permissions?: Record<string, string> };
    const packages = permissions['packages'];
    if (Object.keys(permissions).length !== 1 || (packages !== 'read' && packages !== 'write'))
      return message(422, 'The permissions requested are not granted to this installation.');
    installed.set(token, { until, packages });
    return { status: 201, body: { token, expires_at: new Date(until).toISOString(), permissions: { packages } } };
  }

  function answerApi(call: Call): Answer {
    const { pathname } = call.url;
    if (call.headers['x-github-api-version'] !== '2022-11-28') return message(400, 'Version missing');
    const installation = /^\/app\/installations\/([^/]+)\/access_tokens$/.exec(pathname)?.[1];
    if (installation !== undefined) return answerInstallation(call, installation);
    if (throttled.calls > 0) {
      throttled.calls--;
      const reset = String(Math.ceil(clock.now() / 1000) + throttled.seconds);
      return { ...message(403, 'API rate limit exceeded'), headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } };
    }
    const token = bearerOf(call);
    const scopes = scopesOf(token);
    if (!scopes) return message(401, 'Bad credentials');
    const known = tokens[token ?? ''];
    if (pathname === '/user') {
      const headers = known?.ends === undefined ? undefined : { 'github-authentication-token-expiration': known.ends };
      return known ? { status: 200, headers, body: { login: known.login } } : message(403, 'Resource not accessible by integration');
    }
    const doomed = /^\/(orgs|users)\/([^/]+)\/packages\/container\/([^/]+)\/versions\/(\d+)$/.exec(pathname);
    if (doomed && call.method === 'DELETE') return removeVersion(scopes, doomed);
    if (call.method !== 'GET') return message(404, 'Not Found');
    const match = /^\/(?:user|(orgs|users)\/([^/]+))\/packages(?:\/container\/([^/]+)\/versions)?$/.exec(pathname);
    if (!match) return message(404, 'Not Found');
    if (!scopes.includes('read:packages')) return message(403, 'You need at least read:packages scope to list packages.');
    const [, kind, given, encoded] = match;
    const owner = given?.toLowerCase() ?? tokens[token ?? '']?.login ?? '';
    const owners = kind === 'orgs' ? organizations : kind === 'users' ? users : [owner];
    if (!owners.includes(owner)) return message(404, 'Not Found');
    if (encoded !== undefined) {
      const tags = content.repositories.get(`${owner}/${decodeURIComponent(encoded)}`);
      if (!tags) return message(404, 'Package not found.');
      return page(call, [version(0, `sha256:${'0'.repeat(64)}`, clock.now(), []), ...versionsOf(tags)]);
    }
    if (call.url.searchParams.get('package_type') !== 'container') return message(400, 'Invalid argument.');
    const names = [...content.repositories.keys()].filter((name) => name.startsWith(`${owner}/`));
    return page(
      call,
      names.map((name, id) => ({
        id,
        name: name.slice(owner.length + 1),
        package_type: 'container',
        owner: { login: owner.replace(/^./, (first) => first.toUpperCase()) },
        visibility: options.public?.includes(owner) ? 'public' : 'private',
        created_at: '2026-01-02T03:04:05Z',
        updated_at: '2026-10-01T08:00:00Z',
      })),
    );
  }

  /** A manifest each, with all of its tags. */
  function versionsOf(tags: ReadonlyMap<string, { digest: string; pushedAt: number }>): Record<string, unknown>[] {
    const digests = new Map<string, { pushedAt: number; tags: string[] }>();
    for (const [tag, { digest, pushedAt }] of tags) {
      const known = digests.get(digest);
      if (known) known.tags.push(tag);
      else digests.set(digest, { pushedAt, tags: [tag] });
    }
    return [...digests].map(([digest, known]) => version(idOf(digest), digest, known.pushedAt, known.tags));
  }

  const idOf = (digest: string): number => Number.parseInt(digest.slice(7, 17), 16);

  /** "Delete package version for an organization", "… for a user"; the last tagged version is kept. */
  function removeVersion(scopes: readonly string[], [, kind, given = '', encoded = '', id]: readonly string[]): Answer {
    const owner = given.toLowerCase();
    if (!(kind === 'orgs' ? organizations : users).includes(owner)) return message(404, 'Not Found');
    if (!scopes.includes('read:packages') || !scopes.includes('delete:packages'))
      return message(403, 'You need at least delete:packages scope to delete a package version.');
    const repository = `${owner}/${decodeURIComponent(encoded)}`;
    const digests = new Set([...(content.repositories.get(repository)?.values() ?? [])].map(({ digest }) => digest));
    const digest = [...digests].find((each) => String(idOf(each)) === id);
    if (digest === undefined) return message(404, 'Package not found.');
    if (digests.size === 1)
      return message(400, 'You cannot delete the last tagged version of a package. You must delete the package instead.');
    content.remove(repository, { digest });
    return { status: 204 };
  }

  function version(id: number, digest: string, at: number, tags: readonly string[]): Record<string, unknown> {
    const time = new Date(at).toISOString().replace(/\.\d{3}/, '');
    return { id, name: digest, created_at: time, updated_at: time, metadata: { package_type: 'container', container: { tags } } };
  }

  function page(call: Call, items: readonly unknown[]): Answer {
    const size = Math.min(pageLimit, Number(call.url.searchParams.get('per_page') ?? 30));
    const number = Number(call.url.searchParams.get('page') ?? 1);
    const next = new URL(call.url);
    next.searchParams.set('page', String(number + 1));
    const links = number * size < items.length ? { link: `<${next.href}>; rel="next", <${call.url.href}>; rel="last"` } : undefined;
    return { status: 200, headers: links, body: items.slice((number - 1) * size, number * size) };
  }

  const mayPull = (name: string) => options.public?.includes(name.split('/', 1)[0] ?? '') === true;
  const answerRegistry = tokenRegistry({
    clock,
    content,
    tokenPath: '/token',
    service: 'ghcr.io',
    signsIn: (username, password) => username === 'anonymous' || scopesOf(password)?.includes('read:packages') === true,
    mayPush: (_username, password) => scopesOf(password)?.includes('write:packages') === true,
  });

  const registry = await serve((call) => {
    const { pathname, searchParams } = call.url;
    if (pathname === '/token' && !basicOf(call)) {
      const name = /^repository:([^:]+):/.exec(searchParams.get('scope') ?? '')?.[1] ?? '';
      if (!mayPull(name))
        return { status: 403, body: { errors: [{ code: 'DENIED', message: 'requested access to the resource is denied' }] } };
      const authorization = `Basic ${Buffer.from('anonymous:').toString('base64')}`;
      return answerRegistry({ ...call, headers: { ...call.headers, authorization } });
    }
    const answer = answerRegistry(call);
    if (pathname !== '/v2/' || answer.status !== 401) return answer;
    // The scope here is a placeholder, as GitHub has it.
    const challenge = `Bearer realm="${call.url.origin}/token",service="ghcr.io",scope="repository:user/image:pull"`;
    return { ...answer, headers: { 'www-authenticate': challenge } };
  });
  const api = await serve(answerApi);
  return {
    content,
    api,
    registry,
    throttle(calls, seconds) {
      throttled = { calls, seconds };
    },
    async close() {
      await Promise.all([api.close(), registry.close()]);
    },
  };
}
