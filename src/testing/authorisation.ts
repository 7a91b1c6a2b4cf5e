import type { Clock } from '../core/clock.ts';
import { type Exchange, json, type Reply, readBody, Refusal } from './exchange.ts';
import { type AccessRule, formatScope, parseScope, type Scope, TokenAuthority } from './token-authority.ts';

export interface BasicAuth {
  kind: 'basic';
  /** User name → password. */
  users: Record<string, string>;
  /** Default `registry`. */
  realm?: string;
  /** Default: every user may do everything. */
  access?: AccessRule;
}

export interface TokenAuth {
  kind: 'token';
  /** User name → password. */
  users: Record<string, string>;
  /** Default `tagboat-testing`. */
  service?: string;
  /** Default: every user gets what is asked for, nobody gets nothing. */
  access?: AccessRule;
  /** Lifetime of tokens in seconds. Default 300. */
  expiresIn?: number;
  /** Whether the answer names `expires_in`; without it clients must assume 60 s. Default true. */
  sayExpiry?: boolean;
  /** Field that holds the token. Default `token`; `both` as Docker Hub does. */
  tokenField?: 'token' | 'access_token' | 'both';
  /** Forms that the token server understands. Default both; others get 404 and 405. */
  forms?: readonly ('GET' | 'POST')[];
  /** `same`: the realm is on the registry's origin. `other`: on a port of its own, thus another origin. Default `same`. */
  realmOrigin?: 'same' | 'other';
  /** Scope named on `/v2/`, as GHCR does with a placeholder. Default: none. */
  pingScope?: string;
}

export type AuthOptions = { kind: 'none' } | BasicAuth | TokenAuth;

/** Decides who is asking, and runs the token server. */
export class Authorisation {
  readonly #options: AuthOptions;
  readonly #authority: TokenAuthority;
  /** Absolute address of the token server, set once the port is known. */
  realm = '';

  constructor(options: AuthOptions, clock: Clock) {
    this.#options = options;
    this.#authority = new TokenAuthority(options.kind === 'token' ? (options.service ?? 'tagboat-testing') : '', clock);
  }

  /** Changes or adds a password from now on; null removes the user. Tokens already issued stay valid until they end. */
  setPassword(user: string, password: string | null): void {
    if (this.#options.kind === 'none') throw new TypeError('this registry has no users');
    if (password === null) delete this.#options.users[user];
    else this.#options.users[user] = password;
  }

  /** A refresh ("identity") token of a user, as `docker login` would have got it. */
  issueRefreshToken(user: string): string {
    return this.#authority.issueRefresh(user);
  }

  /** Access or refresh token: it is refused from now on. */
  revoke(token: string): void {
    this.#authority.revoke(token);
  }

  /** Sets `exchange.user`. @throws Refusal 401 with a challenge, or 403 */
  check(exchange: Exchange, scopes: readonly Scope[]): void {
    const options = this.#options;
    const [scheme = '', value = ''] = (exchange.headers.authorization ?? '').split(' ', 2);
    if (options.kind === 'basic') this.#checkBasic(exchange, options, scheme, value, scopes);
    if (options.kind === 'token') this.#checkToken(exchange, options, scheme, value, scopes);
  }

  #checkBasic(exchange: Exchange, options: BasicAuth, scheme: string, value: string, scopes: readonly Scope[]): void {
    const user = scheme.toLowerCase() === 'basic' ? this.#userOf(value) : undefined;
    if (user === undefined) {
      const headers = { 'www-authenticate': `Basic realm="${options.realm ?? 'registry'}"` };
      throw new Refusal(401, 'UNAUTHORIZED', 'authentication required', { headers });
    }
    exchange.user = user;
    for (const scope of scopes) {
      const granted = options.access?.(user, scope) ?? scope.actions;
      if (!scope.actions.every((action) => granted.includes(action))) {
        throw new Refusal(403, 'DENIED', 'requested access to the resource is denied', { detail: formatScope(scope) });
      }
    }
  }

  #checkToken(exchange: Exchange, options: TokenAuth, scheme: string, value: string, scopes: readonly Scope[]): void {
    const claims = scheme.toLowerCase() === 'bearer' ? this.#authority.check(value, 'access') : undefined;
    const missing = claims && scopes.some((scope) => !covers(claims.scopes, scope));
    if (claims && !missing) {
      exchange.user = claims.user;
      return;
    }
    const scope = scopes.length > 0 ? scopes.map(formatScope).join(' ') : options.pingScope;
    const error = missing ? 'insufficient_scope' : value ? 'invalid_token' : undefined;
    const parts = [`realm="${this.realm}"`, `service="${options.service ?? 'tagboat-testing'}"`];
    if (scope) parts.push(`scope="${scope}"`);
    if (error) parts.push(`error="${error}"`);
    const headers = { 'www-authenticate': `Bearer ${parts.join(',')}` };
    throw new Refusal(401, 'UNAUTHORIZED', 'authentication required', { headers, detail: scope });
  }

  /** The token server: GET of the distribution project's token specification, POST of its OAuth2 form. */
  async token(exchange: Exchange): Promise<Reply> {
    const options = this.#options;
    if (options.kind !== 'token') throw new Refusal(404, 'UNSUPPORTED', 'this registry has no token server');
    const forms = options.forms ?? ['GET', 'POST'];
    if (exchange.method === 'GET' && forms.includes('GET')) return this.#tokenByGet(exchange, options);
    if (exchange.method === 'POST' && forms.includes('POST')) return this.#tokenByPost(exchange, options);
    throw new Refusal(exchange.method === 'POST' ? 404 : 405, 'UNSUPPORTED', `no ${exchange.method} here`);
  }

  #tokenByGet(exchange: Exchange, options: TokenAuth): Reply {
    const query = exchange.url.searchParams;
    const authorization = exchange.headers.authorization;
    let user: string | undefined;
    if (authorization !== undefined) {
      user = authorization.startsWith('Basic ') ? this.#userOf(authorization.slice('Basic '.length)) : undefined;
      if (user === undefined) throw new Refusal(401, 'UNAUTHORIZED', 'incorrect username or password');
    }
    const refresh = query.get('offline_token') === 'true' && user !== undefined ? this.#authority.issueRefresh(user) : undefined;
    return this.#grant(options, user, query.getAll('scope'), query.get('service'), refresh);
  }

  async #tokenByPost(exchange: Exchange, options: TokenAuth): Promise<Reply> {
    const form = new URLSearchParams((await readBody(exchange, 64 * 1024)).toString('utf8'));
    let user: string | undefined;
    let refresh: string | undefined;
    if (form.get('grant_type') === 'refresh_token') {
      refresh = form.get('refresh_token') ?? '';
      user = this.#authority.check(refresh, 'refresh')?.user;
    } else if (form.get('grant_type') === 'password') {
      user = this.#userOf(Buffer.from(`${form.get('username')}:${form.get('password')}`).toString('base64'));
      if (user !== undefined && form.get('access_type') === 'offline') refresh = this.#authority.issueRefresh(user);
    } else {
      return json(400, { error: 'unsupported_grant_type' });
    }
    if (user === undefined) return json(401, { error: 'invalid_grant', error_description: 'credentials were rejected' });
    return this.#grant(options, user, (form.get('scope') ?? '').split(' ').filter(Boolean), form.get('service'), refresh);
  }

  #grant(options: TokenAuth, user: string | undefined, asked: readonly string[], service: string | null, refresh?: string): Reply {
    const own = options.service ?? 'tagboat-testing';
    if (service !== null && service !== own) throw new Refusal(400, 'UNKNOWN', `unknown service ${service}`);
    const access = options.access ?? ((someone: string | undefined, scope: Scope) => (someone === undefined ? [] : scope.actions));
    const scopes = asked.flatMap((text) => {
      const scope = parseScope(text);
      return scope ? [{ ...scope, actions: scope.actions.filter((action) => access(user, scope).includes(action)) }] : [];
    });
    const lifetime = options.expiresIn ?? 300;
    const token = this.#authority.issueAccess(user, scopes, lifetime);
    const field = options.tokenField ?? 'token';
    return json(200, {
      ...(field !== 'access_token' && { token }),
      ...(field !== 'token' && { access_token: token }),
      ...((options.sayExpiry ?? true) && { expires_in: lifetime }),
      ...(refresh && { refresh_token: refresh }),
    });
  }

  #userOf(basic: string): string | undefined {
    if (this.#options.kind === 'none') return undefined;
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const user = text.slice(0, colon);
    const known = colon > 0 && Object.hasOwn(this.#options.users, user);
    return known && this.#options.users[user] === text.slice(colon + 1) ? user : undefined;
  }
}

function covers(granted: readonly Scope[], { type, name, actions }: Scope): boolean {
  const held = granted.filter((scope) => scope.type === type && scope.name === name).flatMap((scope) => scope.actions);
  return actions.every((action) => held.includes(action));
}
