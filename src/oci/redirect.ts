import { TransportError } from './errors.ts';
import { redactUrl } from './redact.ts';
import { quote } from './text.ts';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer redirects a GET or HEAD to; undefined when it does not.
 *
 * @throws TransportError `redirect_denied` for a target that is no http(s) URL, holds userinfo or leaves https.
 */
export function redirectTarget(status: number, location: string | string[] | undefined, from: URL): URL | undefined {
  if (!redirects.has(status) || location === undefined) return undefined;
  const text = Array.isArray(location) ? (location[0] ?? '') : location;
  const target = URL.parse(text, from.href);
  if (!target || (target.protocol !== 'https:' && target.protocol !== 'http:')) {
    throw denied(from, `to ${quote(text, 60)}, which is not an http or https address`);
  }
  if (target.username !== '' || target.password !== '') throw denied(from, 'to an address with a user name or password in it');
  if (from.protocol === 'https:' && target.protocol === 'http:') throw denied(from, `from https to plain http at ${target.host}`);
  return target;
}

function denied(from: URL, what: string): TransportError {
  return new TransportError(`${from.host} redirects ${what}; this is not followed.`, {
    code: 'redirect_denied',
    retry: 'after-change',
    context: { host: from.host, url: redactUrl(from) },
  });
}
