import { jwtClaims, jwtEnd } from '../../provider/signing/jwt.ts';

/**
 * When a JFrog token ends by its own word, epoch milliseconds: an access token is a JWT with `exp`, a reference token is the
 * base64 of `reftkn:01:<epoch seconds>:<secret>`, with 0 for never. Undefined for those without an end, and for anything else.
 */
export function endOfToken(token: string): number | undefined {
  const seconds = endOfReference(token);
  return seconds === undefined ? jwtEnd(token) : seconds * 1000 || undefined;
}

/** Whether it is a token that says of itself whether it ends. */
export function tellsItsEnd(token: string): boolean {
  return endOfReference(token) !== undefined || jwtClaims(token) !== undefined;
}

function endOfReference(token: string): number | undefined {
  const seconds = /^reftkn:\d{1,3}:(\d{1,12}):/.exec(Buffer.from(token, 'base64').toString('latin1'))?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
