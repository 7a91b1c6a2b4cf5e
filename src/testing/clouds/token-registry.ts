import type { Clock } from '../../core/clock.ts';
import { type CloudContent, uploadBegun } from './content.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call } from './serve.ts';

export interface TokenRegistryOptions {
  clock: Clock;
  content: CloudContent;
  /** Path of the token server, on the registry's own origin. */
  tokenPath: string;
  /** `service` of the challenge. */
  service: string;
  /** Whether these are good now; asked at the token server. */
  signsIn: (username: string, password: string) => boolean;
  /** Whether whoever signed in may read a repository. Default: all of them. */
  mayRead?: (username: string, repository: string, password: string) => boolean;
  /** Whether whoever signed in may push. Default: everybody. */
  mayPush?: (username: string, password: string) => boolean;
  /** Lifetime of tokens in seconds. */
  tokenLifetime?: number;
}

/**
 * The registry of a fake cloud behind a token server: Basic is taken there only, a token opens the repositories of its scope, and
 * the catalog is closed.
 */
export function tokenRegistry(options: TokenRegistryOptions): (call: Call) => Answer {
  const { clock, content, tokenPath, service, signsIn, mayRead = () => true, mayPush = () => true, tokenLifetime = 300 } = options;
  const tokens = new JwtIssuer(clock);

  function answerToken(call: Call): Answer {
    const given = basicOf(call);
    if (!given || !signsIn(given.username, given.password))
      return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] } };
    if (call.url.searchParams.get('service') !== service) return { status: 400, body: { message: 'unknown service' } };
    const pushes = mayPush(given.username, given.password);
    const scopes = call.url.searchParams.getAll('scope').flatMap((scope) => {
      const name = /^repository:([^:]+):/.exec(scope)?.[1];
      if (name === undefined || !mayRead(given.username, name, given.password)) return [];
      return pushes ? [scope] : [scope.replace(/,push(?=,|$)|(?<=:)push,?/, '')];
    });
    const token = tokens.issue({ sub: given.username, scopes }, tokenLifetime);
    return { status: 200, body: { token, expires_in: tokenLifetime, issued_at: new Date(clock.now()).toISOString() } };
  }

  return (call) => {
    const { pathname, origin } = call.url;
    if (pathname === tokenPath) return answerToken(call);
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+|referrers\/[^/]+|blobs\/uploads\/)$/.exec(pathname)?.[1];
    const claims = tokens.check(bearerOf(call));
    const scopes = (claims?.['scopes'] ?? []) as string[];
    const push = call.method === 'POST';
    const holds = (scope: string) => scope.startsWith(`repository:${name}:`) && (!push || /[:,]push(?:,|$)/.test(scope));
    if (claims && (pathname === '/v2/' || (name !== undefined && scopes.some(holds)))) {
      if (push) return uploadBegun(name ?? '');
      return pathname === '/v2/' ? { status: 200, body: {} } : (content.answer(call) ?? { status: 404, body: {} });
    }
    const wanted = name === undefined ? '' : `,scope="repository:${name}:${push ? 'pull,push' : 'pull'}"`;
    return {
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${origin}${tokenPath}",service="${service}"${wanted}` },
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
    };
  };
}
