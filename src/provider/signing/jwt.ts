import { createPrivateKey, type KeyObject, sign } from 'node:crypto';

export interface JwtKey {
  /** PEM, PKCS #1 or PKCS #8, RSA. */
  privateKey: string;
  /** `kid` of the header. */
  keyId?: string;
}

/**
 * A JSON Web Token signed with RS256 (RFC 7515, RFC 7518 section 3.3: RSASSA-PKCS1-v1_5 with SHA-256), in compact form.
 *
 * @throws TypeError when the key is no RSA private key of at least 2048 bits; the message holds nothing of it
 */
export function signJwt(claims: Readonly<Record<string, unknown>>, { privateKey, keyId }: JwtKey): string {
  const key = rsaKey(privateKey);
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

/** Whether a text is an RSA private key in PEM that `signJwt` takes. */
export function isRsaKey(pem: string): boolean {
  try {
    rsaKey(pem);
    return true;
  } catch {
    return false;
  }
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // What OpenSSL says names the place in the text, and may quote it.
    throw new TypeError('The private key cannot be read.');
  }
  if (key.asymmetricKeyType !== 'rsa') throw new TypeError('The private key is not an RSA key.');
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw new TypeError('The private key is shorter than 2048 bits.');
  return key;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const maxTokenLength = 64 * 1024;

/**
 * The claims of a token, read without checking the signature: for what is told to the token's own holder, such as its end. Undefined
 * for what is no JWT.
 */
export function jwtClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const payload = token.length > maxTokenLength ? undefined : /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** End of a token by its `exp`, epoch milliseconds; undefined when it does not say. */
export function jwtEnd(token: string): number | undefined {
  const exp = jwtClaims(token.trim())?.['exp'];
  // Beyond the year 9999 nobody means a date.
  return typeof exp === 'number' && exp > 0 && exp < 253_402_300_800 ? Math.round(exp * 1000) : undefined;
}
