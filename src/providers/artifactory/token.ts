/**
 * When a JFrog token ends by its own word, epoch milliseconds: an access token is a JWT with `exp`, a reference token is the
 * base64 of `reftkn:01:<epoch seconds>:<secret>`, with 0 for never. Undefined for those without an end, and for anything else.
 */
export function endOfToken(token: string): number | undefined {
  const reference = /^reftkn:\d{1,3}:(\d{1,12}):/.exec(Buffer.from(token, 'base64').toString('latin1'))?.[1];
  const seconds = reference === undefined ? expOf(token) : Number(reference);
  return seconds ? seconds * 1000 : undefined;
}

function expOf(token: string): number | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' && Number.isSafeInteger(exp) && exp > 0 ? exp : undefined;
  } catch {
    return undefined;
  }
}
