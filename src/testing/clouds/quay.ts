import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';

export interface QuayOptions {
  clock?: Clock;
  /** Robot, `acme+ci` → token. */
  robots?: Record<string, string>;
  /** User → encrypted password. */
  users?: Record<string, string>;
  /** OAuth access tokens. */
  accessTokens?: readonly string[];
  /** Robot → subject of the identity tokens that may be it. */
  federation?: Record<string, string>;
  /** Namespaces whose repositories everybody may read. */
  public?: readonly string[];
  /** Namespaces whose repositories those may read who are signed in. Others are shown to nobody. */
  private?: readonly string[];
  /** Whether the API answers those who are not signed in. Default true. */
  anonymousAccess?: boolean;
}

/** A fake Quay on loopback: registry, token server, API v1 and robot federation on one origin, as Quay has them. */
export interface FakeQuay {
  content: CloudContent;
  service: FakeService;
  /** Issuer of identity tokens that the federation trusts. */
  issuer: JwtIssuer;
  /** The next calls of the API are refused with 429. */
  throttle(calls: number): void;
  close(): Promise<void>;
}

const maxPage = 100;
/** Seconds: of registry tokens, and of passwords by federation. */
const lifetime = 3600;

/** What the API says, with the words of quay/quay's endpoints/exception.py. */
const refusal = (status: number, type: string, message: string): Answer => ({
  status,
  body: { status, error_message: message, title: type, error_type: type, detail: message, type: `http://quay/api/v1/error/${type}` },
});

export async function startQuay(options: QuayOptions = {}): Promise<FakeQuay> {
  const { clock = systemClock, robots = {}, users = {}, accessTokens = [], federation = {}, anonymousAccess = true } = options;
  const open = new Set(options.public);
  const closed = new Set(options.private);
  const content = new CloudContent();
  const registryTokens = new JwtIssuer(clock);
  const robotPasswords = new JwtIssuer(clock);
  const issuer = new JwtIssuer(clock);
  const cursors = new Map<string, number>();
  let throttled = 0;

  const namespaceOf = (name: string) => name.split('/', 1)[0] ?? '';
  const mayRead = (name: string, known: boolean) => open.has(namespaceOf(name)) || (known && closed.has(namespaceOf(name)));

  /** Whether user and password are somebody's. */
  function knows({ username, password }: { username: string; password: string }): boolean {
    if (username === '$oauthtoken') return accessTokens.includes(password);
    if (robots[username] === password || users[username] === password) return true;
    return robotPasswords.check(password)?.['sub'] === username;
  }

  function answerToken(call: Call): Answer {
    const scopes = call.url.searchParams.getAll('scope');
    const given = basicOf(call);
    if (given && !knows(given))
      return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'Specified credentials are invalid', detail: {} }] } };
    if (!given && scopes.length === 0)
      return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'access to the requested resource is not authorized' }] } };
    const access: string[] = [];
    for (const scope of scopes) {
      const match = /^repository:([a-z0-9._/-]+):(?:push|pull|\*)(?:,(?:push|pull|\*))*$/.exec(scope);
      if (!match)
        return {
          status: 400,
          body: { errors: [{ code: 'INVALID_REQUEST', message: `Unable to decode repository and actions: ${scope}` }] },
        };
      if (mayRead(match[1] ?? '', given !== undefined)) access.push(match[1] ?? '');
    }
    return { status: 200, body: { token: registryTokens.issue({ access, known: given !== undefined }, lifetime) } };
  }

  function answerRegistry(call: Call): Answer {
    const { pathname } = call.url;
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+)$/.exec(pathname)?.[1];
    const challenge = `Bearer realm="${service.origin}/v2/auth",service="quay.test"${name ? `,scope="repository:${name}:pull"` : ''}`;
    const unauthorized: Answer = {
      status: 401,
      headers: { 'www-authenticate': challenge, 'docker-distribution-api-version': 'registry/2.0' },
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'access to the requested resource is not authorized', detail: {} }] },
    };
    const claims = registryTokens.check(bearerOf(call));
    if (!claims) return unauthorized;
    if (pathname === '/v2/') return { status: 200, body: 'true' };
    if (pathname === '/v2/_catalog') return catalogPage(call, claims['known'] === true);
    if (!name || !(claims['access'] as string[]).includes(name)) return unauthorized;
    return content.answer(call) ?? { status: 404, body: { errors: [{ code: 'NAME_UNKNOWN', message: 'repository not found' }] } };
  }

  /** Only what one was given access to, as with PUBLIC_CATALOG off. */
  function catalogPage(call: Call, known: boolean): Answer {
    const visible = [...content.repositories.keys()].filter((name) => known && closed.has(namespaceOf(name)));
    const { page, next } = paged(visible, call.url.searchParams.get('next_page'), Number(call.url.searchParams.get('n') ?? maxPage));
    const query = new URLSearchParams({ n: String(maxPage), next_page: next ?? '' });
    return {
      status: 200,
      headers: next === undefined ? {} : { link: `<${service.origin}/v2/_catalog?${query.toString()}>; rel="next"` },
      body: { repositories: page },
    };
  }

  /** Cursors are opaque and new each time. */
  function paged<T>(items: readonly T[], cursor: string | null, size: number): { page: T[]; next?: string } {
    const start = cursor === null ? 0 : (cursors.get(cursor) ?? 0);
    const end = start + Math.min(Math.max(size, 1), maxPage);
    if (end >= items.length) return { page: items.slice(start) };
    const next = `gAAAAAB${randomBytes(24).toString('base64url')}==`;
    cursors.set(next, end);
    return { page: items.slice(start, end), next };
  }

  function answerApi(call: Call): Answer {
    if (throttled > 0) {
      throttled--;
      return { status: 429, headers: { 'retry-after': '1' }, body: '<html>429 Too Many Requests</html>' };
    }
    // Basic is not looked at: only access tokens are known here.
    const bearer = bearerOf(call);
    const known = bearer !== undefined && accessTokens.includes(bearer);
    if ((bearer !== undefined && !known) || (!known && !anonymousAccess)) return refusal(401, 'invalid_token', 'Requires authentication');
    const { pathname, searchParams } = call.url;
    if (pathname === '/api/v1/repository') {
      const namespace = searchParams.get('namespace');
      if (!namespace && searchParams.get('public') !== 'true')
        return refusal(400, 'invalid_request', 'namespace, starred or public are required for this API call');
      const names = [...content.repositories.keys()].filter(
        (name) =>
          (!namespace || namespaceOf(name) === namespace) && mayRead(name, known) && (known || searchParams.get('public') === 'true'),
      );
      const { page, next } = paged(names, searchParams.get('next_page'), maxPage);
      return {
        status: 200,
        body: {
          repositories: page.map((name) => ({
            namespace: namespaceOf(name),
            name: name.slice(name.indexOf('/') + 1),
            description: null,
            is_public: open.has(namespaceOf(name)),
            kind: 'image',
            state: 'NORMAL',
            ...(searchParams.get('last_modified') === 'true' && { last_modified: 1_790_000_000 }),
          })),
          ...(next !== undefined && { next_page: next }),
        },
      };
    }
    const repository = /^\/api\/v1\/repository\/(.+)\/tag\/$/.exec(pathname)?.[1];
    if (repository === undefined) return refusal(404, 'not_found', 'Not Found');
    if (!mayRead(repository, known))
      return known ? refusal(403, 'insufficient_scope', 'Unauthorized') : refusal(401, 'invalid_token', 'Requires authentication');
    return tagPage(call, repository);
  }

  function tagPage(call: Call, repository: string): Answer {
    const found = content.repositories.get(repository);
    if (!found) return refusal(404, 'not_found', 'Not Found');
    const { searchParams } = call.url;
    const size = Math.min(maxPage, Math.max(1, Number(searchParams.get('limit') ?? 50)));
    const number = Math.max(1, Number(searchParams.get('page') ?? 1));
    const alive = [...found].map(([name, { digest, pushedAt }]) => ({
      name,
      reversion: false,
      start_ts: Math.floor(pushedAt / 1000),
      manifest_digest: digest,
      is_manifest_list: name.endsWith('-multi'),
      size: name.endsWith('-multi') ? null : 4321,
      last_modified: new Date(pushedAt).toUTCString(),
    }));
    // History tells of tags that are gone, too.
    const all = searchParams.get('onlyActiveTags') === 'true' ? alive : [{ ...alive[0], name: 'gone', end_ts: 1_600_000_000 }, ...alive];
    return {
      status: 200,
      body: { tags: all.slice((number - 1) * size, number * size), page: number, has_additional: number * size < all.length },
    };
  }

  function answerFederation(call: Call): Answer {
    const given = basicOf(call);
    if (!given?.username.includes('+')) return { status: 401, body: { error: 'Invalid robot' } };
    const subject = federation[given.username];
    if (subject === undefined || issuer.check(given.password)?.['sub'] !== subject)
      return { status: 401, body: { error: `Token does not match robot ${given.username}` } };
    return { status: 200, body: { token: robotPasswords.issue({ sub: given.username }, lifetime) } };
  }

  const service = await serve((call) => {
    const { pathname } = call.url;
    if (pathname === '/v2/auth') return answerToken(call);
    if (pathname.startsWith('/v2/')) return answerRegistry(call);
    if (pathname.startsWith('/api/v1/')) return answerApi(call);
    if (pathname === '/oauth2/federation/robot/token') return answerFederation(call);
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Quay</title>' };
  });
  return {
    content,
    service,
    issuer,
    throttle(calls) {
      throttled = calls;
    },
    close: () => service.close(),
  };
}
