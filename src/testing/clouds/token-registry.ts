import type { Clock } from '../../core/clock.ts';
import type { CloudContent } from './content.ts';
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
  /** Lifetime of tokens in seconds. */
  tokenLifetime?: number;
}

/**
 * The registry of a fake cloud behind a token server: Basic is taken there only, a token opens the repositories of its scope, and
 * the catalog is closed.
 */
export function tokenRegistry(options: TokenRegistryOptions): (call: Call) => Answer {
  const { clock, content, tokenPath, service, signsIn, tokenLifetime = 300 } = options;
  const tokens = new JwtIssuer(clock);

  function answerToken(call: Call): Answer {
    const given = basicOf(call);
    if (!given || !signsIn(given.username, given.password))
      return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] } };
    if (call.url.searchParams.get('service') !== service) return { status: 400, body: { message: 'unknown service' } };
    const scopes = call.url.searchParams.getAll('scope').filter((scope) => /^repository:[^:]+:/.test(scope));
    const token = tokens.issue({ sub: given.username, scopes }, tokenLifetime);
    return { status: 200, body: { token, expires_in: tokenLifetime, issued_at: new Date(clock.now()).toISOString() } };
  }

  return (call) => {
    const { pathname, origin } = call.url;
    if (pathname === tokenPath) return answerToken(call);
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+)$/.exec(pathname)?.[1];
    const claims = tokens.check(bearerOf(call));
    const scopes = (claims?.['scopes'] ?? []) as string[];
    if (claims && (pathname === '/v2/' || (name !== undefined && scopes.some((scope) => scope.startsWith(`repository:${name}:`))))) {
      return pathname === '/v2/' ? { status: 200, body: {} } : (content.answer(call) ?? { status: 404, body: {} });
    }
    const wanted = name === undefined ? '' : `,scope="repository:${name}:pull"`;
    return {
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${origin}${tokenPath}",service="${service}"${wanted}` },
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
    };
  };
}
