import { jwtEnd } from '../../provider/signing/jwt.ts';

/**
 * When those of the entered secrets end that are JSON Web Tokens with an end (`exp`, RFC 7519), by field, epoch milliseconds. Others do
 * not tell, and a token without an end may be ended by its issuer all the same: both are left out.
 */
export function jwtEnds(secrets: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const ends = Object.entries(secrets).map(([name, value]) => [name, value === undefined ? undefined : jwtEnd(value)] as const);
  return Object.fromEntries(ends.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}
