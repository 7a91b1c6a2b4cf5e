import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

/** `type:name:action,action`. */
export interface Scope {
  type: string;
  name: string;
  actions: string[];
}

interface Claims {
  use: 'access' | 'refresh';
  user?: string;
  service: string;
  /** Epoch milliseconds; a refresh token does not end. */
  expiresAt?: number;
  scopes: Scope[];
}

/** Which of the actions asked for a user gets; undefined is nobody. */
export type AccessRule = (user: string | undefined, scope: Scope) => readonly string[];

/** Signs and checks opaque tokens with a key that lives as long as the authority. */
export class TokenAuthority {
  readonly #key = randomBytes(32);
  readonly #clock: Clock;
  readonly #service: string;
  readonly #revoked = new Set<string>();

  constructor(service: string, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  /** @param lifetime seconds */
  issueAccess(user: string | undefined, scopes: Scope[], lifetime: number): string {
    return this.#sign({ use: 'access', user, service: this.#service, scopes, expiresAt: this.#clock.now() + lifetime * 1000 });
  }

  issueRefresh(user: string): string {
    return this.#sign({ use: 'refresh', user, service: this.#service, scopes: [] });
  }

  revoke(token: string): void {
    this.#revoked.add(token);
  }

  /** Claims of a token that this authority made for this use and that has not ended. */
  check(token: string, use: Claims['use']): Claims | undefined {
    const [payload = '', signature = ''] = token.split('.');
    const expected = this.#mac(payload);
    const given = Buffer.from(signature, 'base64url');
    if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected) || this.#revoked.has(token)) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
    if (claims.use !== use || claims.service !== this.#service) return undefined;
    return claims.expiresAt !== undefined && claims.expiresAt <= this.#clock.now() ? undefined : claims;
  }

  #sign(claims: Claims): string {
    const salted = { ...claims, salt: randomBytes(6).toString('base64url') };
    const payload = Buffer.from(JSON.stringify(salted)).toString('base64url');
    return `${payload}.${this.#mac(payload).toString('base64url')}`;
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#key).update(payload).digest();
  }
}

/** Parses a scope; the name may hold colons, so the first and the last one separate. Undefined when it is none. */
export function parseScope(text: string): Scope | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 1 || last <= first) return undefined;
  return {
    type: text.slice(0, first),
    name: text.slice(first + 1, last),
    actions: text
      .slice(last + 1)
      .split(',')
      .filter(Boolean),
  };
}

export function formatScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`;
}
