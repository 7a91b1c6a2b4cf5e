import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';

export interface DockerHubOptions {
  clock?: Clock;
  /** User or organisation → password, personal access token or organisation access token. */
  accounts?: Record<string, string>;
  /** Namespaces whose repositories are private to the account of the same name. */
  private?: readonly string[];
}

/** A fake Docker Hub on loopback: registry with token server and quota, and the Hub API. */
export interface FakeDockerHub {
  content: CloudContent;
  /** Registry and token server, one origin. */
  registry: FakeService;
  /** Hub API. */
  hub: FakeService;
  accounts: Record<string, string>;
  /** The next calls of the Hub API are refused; the header names the moment from which they pass, as Docker's does. */
  throttleHub(calls: number, seconds: number): void;
  /** Accounts whose token may pull, but not use the Hub API. */
  pullOnly: Set<string>;
  /** Accounts whose token may use the Hub API, but not delete. */
  mayNotDelete: Set<string>;
  /** Manifests that somebody read, each in this window. */
  pulls: Map<string, number>;
  close(): Promise<void>;
}

const registryService = 'registry.docker.io';
/** "Docker Hub usage and limits": pulls in six hours. */
const window = 21_600;
const limits = { anonymous: 100, account: 200 };
const maxPage = 100;
/** Sessions of the Hub API last ten minutes, registry tokens five. */
const sessionLifetime = 600;
const tokenLifetime = 300;

export async function startDockerHub(options: DockerHubOptions = {}): Promise<FakeDockerHub> {
  const { clock = systemClock, accounts = {}, private: closed = [] } = options;
  const content = new CloudContent();
  content.addTag('ratelimitpreview/test', 'latest', clock.now());
  const sessions = new JwtIssuer(clock);
  const tokens = new JwtIssuer(clock);
  const pulls = new Map<string, number>();
  const pullOnly = new Set<string>();
  const mayNotDelete = new Set<string>();
  let throttle = { calls: 0, until: 0 };

  const mayRead = (account: unknown, repository: string): boolean => {
    const namespace = repository.split('/', 1)[0] ?? '';
    return !closed.includes(namespace) || account === namespace;
  };

  function answerToken(call: Call): Answer {
    const given = basicOf(call);
    if (call.headers['authorization'] && (!given || accounts[given.username] !== given.password))
      return { status: 401, body: { details: 'incorrect username or password' } };
    if (call.url.searchParams.get('service') !== registryService) return { status: 400, body: { details: 'unknown service' } };
    // A token server that grants less than asked still answers 200.
    const granted = call.url.searchParams.getAll('scope').filter((scope) => {
      const match = /^repository:([^:]+):(.+)$/.exec(scope);
      return match && content.repositories.has(match[1] ?? '') && mayRead(given?.username, match[1] ?? '');
    });
    const token = tokens.issue({ sub: given?.username ?? '', scope: granted }, tokenLifetime);
    return { status: 200, body: { token, access_token: token, expires_in: tokenLifetime, issued_at: new Date(clock.now()).toISOString() } };
  }

  function answerRegistry(call: Call): Answer {
    const { pathname } = call.url;
    if (pathname === '/token') return answerToken(call);
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+)$/.exec(pathname)?.[1];
    const wanted = name ? `,scope="repository:${name}:pull"` : '';
    const claims = tokens.check(bearerOf(call));
    const allowed =
      claims !== undefined &&
      (name === undefined || (claims['scope'] as string[]).some((scope) => scope.startsWith(`repository:${name}:`)));
    if (!allowed) {
      const error = claims ? ',error="insufficient_scope"' : '';
      return {
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="${registry.origin}/token",service="${registryService}"${wanted}${error}` },
        body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
      };
    }
    if (pathname === '/v2/') return { status: 200, body: {} };
    const answer = content.answer(call);
    if (!answer) return { status: 404, body: { errors: [{ code: 'UNSUPPORTED', message: 'not here' }] } };
    if (!pathname.includes('/manifests/')) return answer;

    const who = String(claims['sub']);
    const limit = who === '' ? limits.anonymous : limits.account;
    const used = pulls.get(who) ?? 0;
    if (call.method === 'GET' && used >= limit) {
      const kind = who === '' ? 'unauthenticated ' : '';
      return {
        status: 429,
        body: {
          errors: [
            {
              code: 'TOOMANYREQUESTS',
              message: `You have reached your ${kind}pull rate limit. https://www.docker.com/increase-rate-limit`,
            },
          ],
        },
      };
    }
    // HEAD tells the quota and does not count.
    if (call.method === 'GET') pulls.set(who, used + 1);
    const remaining = limit - (pulls.get(who) ?? 0);
    return {
      ...answer,
      headers: {
        ...answer.headers,
        'ratelimit-limit': `${limit};w=${window}`,
        'ratelimit-remaining': `${remaining};w=${window}`,
        'docker-ratelimit-source': who || '127.0.0.1',
      },
    };
  }

  function answerHub(call: Call): Answer {
    if (throttle.calls > 0) {
      throttle.calls--;
      return {
        status: 429,
        headers: { 'x-ratelimit-limit': '180', 'x-ratelimit-remaining': '0', 'x-retry-after': String(throttle.until) },
        body: { detail: 'Rate limit exceeded', error: false },
      };
    }
    const { pathname } = call.url;
    if (pathname === '/v2/auth/token') return answerSession(call);
    const session = call.headers['authorization'] ? sessions.check(bearerOf(call)) : {};
    if (!session) return { status: 401, body: { detail: 'Invalid token', message: 'Invalid token' } };
    if (pullOnly.has(String(session['sub']))) return { status: 403, body: { message: 'access denied', errinfo: {} } };
    const doomed = /^\/v2\/namespaces\/([^/]+)\/repositories\/([^/]+)\/tags\/([^/]+)$/.exec(pathname);
    if (doomed && call.method === 'DELETE') return removeTag(session['sub'], doomed);
    const listing = /^\/v2\/namespaces\/([^/]+)\/repositories(?:\/([^/]+)\/tags)?$/.exec(pathname);
    if (!listing || call.method !== 'GET') return { status: 404, body: { message: 'object not found', errinfo: {} } };
    const [, namespace = '', name] = listing;
    return name === undefined ? repositoriesOf(call, namespace, session['sub']) : tagsOf(call, `${namespace}/${name}`, session['sub']);
  }

  /** Owners may; the words are those that Docker Hub has for a token of too small a scope. */
  function removeTag(account: unknown, [, namespace = '', name = '', tag = '']: readonly string[]): Answer {
    const repository = `${namespace}/${name}`;
    if (account === undefined || !mayRead(account, repository)) return { status: 404, body: { message: 'object not found', errinfo: {} } };
    if (account !== namespace || mayNotDelete.has(namespace))
      return { status: 403, body: { detail: 'access to the resource is forbidden with personal access token' } };
    if (!content.remove(repository, { tag: decodeURIComponent(tag) }))
      return { status: 404, body: { message: 'object not found', errinfo: {} } };
    return { status: 204 };
  }

  function answerSession(call: Call): Answer {
    if (call.method !== 'POST') return { status: 405, body: { message: 'method not allowed' } };
    const { identifier = '', secret } = JSON.parse(call.body) as { identifier?: string; secret?: string };
    if (accounts[identifier] === undefined || accounts[identifier] !== secret)
      return { status: 401, body: { message: 'Incorrect authentication credentials', detail: 'Incorrect authentication credentials' } };
    return { status: 200, body: { access_token: sessions.issue({ sub: identifier }, sessionLifetime) } };
  }

  function repositoriesOf(call: Call, namespace: string, account: unknown): Answer {
    const all = [...content.repositories.keys()].filter((name) => name.startsWith(`${namespace}/`));
    if (all.length === 0) return { status: 404, body: { message: 'object not found', errinfo: { namespace } } };
    return page(
      call,
      all
        .filter((name) => mayRead(account, name))
        .map((name) => ({
          name: name.slice(namespace.length + 1),
          namespace,
          repository_type: 'image',
          status: 1,
          description: `About ${name}`,
          is_private: closed.includes(namespace),
          star_count: 0,
          pull_count: 7,
          last_updated: '2026-10-01T08:00:00.123456Z',
          date_registered: '2025-01-02T03:04:05.678901Z',
        })),
    );
  }

  function tagsOf(call: Call, repository: string, account: unknown): Answer {
    const tags = mayRead(account, repository) ? content.repositories.get(repository) : undefined;
    if (!tags) return { status: 404, body: { message: 'object not found', errinfo: {} } };
    return page(
      call,
      [...tags].map(([name, { digest, pushedAt }]) => ({
        name,
        digest,
        full_size: 1000,
        media_type: 'application/vnd.oci.image.manifest.v1+json',
        content_type: 'image',
        tag_status: 'active',
        last_updated: new Date(pushedAt).toISOString(),
        tag_last_pushed: new Date(pushedAt).toISOString(),
        tag_last_pulled: null,
        images: [
          {
            architecture: 'arm64',
            os: 'linux',
            variant: 'v8',
            digest,
            size: 1000,
            status: 'active',
            last_pushed: new Date(pushedAt).toISOString(),
          },
          { architecture: 'unknown', os: 'unknown', variant: null, digest, size: 10, status: 'active' },
        ],
      })),
    );
  }

  function page(call: Call, items: readonly unknown[]): Answer {
    const number = Number(call.url.searchParams.get('page') ?? 1);
    const size = Number(call.url.searchParams.get('page_size') ?? 10);
    if (!(size >= 1 && size <= maxPage)) return { status: 400, body: { message: 'page_size is out of range' } };
    const start = (number - 1) * size;
    if (number > 1 && start >= items.length) return { status: 404, body: { message: 'page not found' } };
    const link = (to: number) => `https://hub.docker.com${call.url.pathname}?page=${to}&page_size=${size}`;
    return {
      status: 200,
      headers: { 'x-ratelimit-limit': '180', 'x-ratelimit-remaining': '179' },
      body: {
        count: items.length,
        next: start + size < items.length ? link(number + 1) : null,
        previous: number > 1 ? link(number - 1) : null,
        results: items.slice(start, start + size),
      },
    };
  }

  const registry = await serve(answerRegistry);
  const hub = await serve(answerHub);
  return {
    content,
    registry,
    hub,
    accounts,
    pulls,
    pullOnly,
    mayNotDelete,
    throttleHub(calls, seconds) {
      throttle = { calls, until: Math.ceil(clock.now() / 1000) + seconds };
    },
    async close() {
      await Promise.all([registry.close(), hub.close()]);
    },
  };
}
