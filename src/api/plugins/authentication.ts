import type { FastifyRequest } from 'fastify';
import { allowsSomewhere, type Principal, requirePermission } from '../../access/index.ts';
import { TagboatError, Unauthorized } from '../../core/errors.ts';
import { type Api, caller } from '../api.ts';
import type { Services } from '../services.ts';
import { sessionCookie } from '../session-cookie.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Finds out who asks and holds every route to the permission that it declares. A route without one cannot be registered:
 * forgetting it shows at the first start, not in an audit.
 *
 * A bearer token counts before the session cookie, and needs no CSRF token, because browsers never add it by themselves.
 */
export function authentication(app: Api, services: Services, options: { publicOrigin?: string }): void {
  app.decorateRequest('principal', undefined);
  app.decorateRequest('session', undefined);

  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.permission === undefined)
      throw new Error(`The route ${String(method)} ${url} declares no permission in config.permission.`);
  });

  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { permission } = request.routeOptions.config;
    await identify(request, services, options);
    if (permission === 'public') return;
    const principal = caller(request);
    if (permission === undefined || permission === 'authenticated') return;
    if (!allowsSomewhere(principal, permission)) requirePermission(principal, permission);
  });
}

async function identify(request: FastifyRequest, services: Services, options: { publicOrigin?: string }): Promise<void> {
  const from = { address: request.ip };
  const bearer = bearerToken(request.headers.authorization);
  if (bearer !== undefined) {
    request.principal = await services.tokens.authenticate(bearer, from);
    return;
  }
  const changes = !safeMethods.has(request.method);
  if (changes) requireOwnOrigin(request, options.publicOrigin);
  const cookie = request.cookies[sessionCookie];
  if (cookie === undefined) return;
  const isPublic = request.routeOptions.config.permission === 'public';
  const found = await authenticateCookie(services, cookie, from, isPublic);
  if (!found) return;
  const { principal, session, user } = found;
  // Signing in again has to work with a cookie left behind, whose CSRF token the page no longer has.
  if (changes && !isPublic) services.sessions.checkCsrf(session, headerText(request.headers['x-csrf-token']));
  request.principal = principal;
  request.session = { session, user };
}

/** Who sent the request, as things are now: for answers that go on while roles change and sessions end. Throws Unauthorized. */
export async function callerNow(request: FastifyRequest, services: Services): Promise<Principal> {
  const from = { address: request.ip };
  const bearer = bearerToken(request.headers.authorization);
  if (bearer !== undefined) return services.tokens.authenticate(bearer, from);
  const { principal } = await services.sessions.authenticate(request.cookies[sessionCookie] ?? '', from);
  return principal;
}

type Authenticated = Awaited<ReturnType<Services['sessions']['authenticate']>>;

/** Who holds the cookie. One that ended is an error, except where nobody has to be signed in. */
async function authenticateCookie(
  services: Services,
  cookie: string,
  from: { address: string },
  isPublic: boolean,
): Promise<Authenticated | undefined> {
  try {
    return await services.sessions.authenticate(cookie, from);
  } catch (error) {
    if (isPublic && error instanceof Unauthorized) return undefined;
    throw error;
  }
}

const headerText = (header: string | string[] | undefined): string | undefined => (typeof header === 'string' ? header : undefined);

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const match = /^Bearer +([\w.~+/=-]{1,512}) *$/i.exec(header);
  if (match) return match[1];
  throw new Unauthorized('The Authorization header is not a bearer token of this hub.');
}

/** Refuses what another site makes a browser send: by fetch metadata where the browser has them, else by its Origin. */
function requireOwnOrigin(request: FastifyRequest, publicOrigin: string | undefined): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return;
    throw csrfFailed('The browser says that the request comes from another site.');
  }
  const { origin } = request.headers;
  // The host is compared without the scheme, which a proxy that speaks HTTPS changes.
  if (origin === undefined || origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === request.host)) return;
  throw csrfFailed('The request comes from another origin than this hub.');
}

const csrfFailed = (message: string): TagboatError => new TagboatError(message, { code: 'csrf_failed', fault: 'caller', retry: 'never' });
