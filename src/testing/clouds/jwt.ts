import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';

/** Makes and checks JSON Web Tokens (RFC 7519, HS256) by the given clock. */
export class JwtIssuer {
  readonly #key = randomBytes(32);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param lifetime seconds */
  issue(claims: Readonly<Record<string, unknown>>, lifetime: number): string {
    const now = Math.floor(this.#clock.now() / 1000);
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, jti: randomBytes(6).toString('hex'), iat: now, exp: now + lifetime })}`;
    return `${signed}.${this.#mac(signed).toString('base64url')}`;
  }

  /** The claims of a token that this issuer made and that has not ended; undefined otherwise. */
  check(token: string | undefined): Record<string, unknown> | undefined {
    const [header = '', payload = '', signature = ''] = (token ?? '').split('.');
    const expected = this.#mac(`${header}.${payload}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    return Number(claims['exp']) * 1000 <= this.#clock.now() ? undefined : claims;
  }

  #mac(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
