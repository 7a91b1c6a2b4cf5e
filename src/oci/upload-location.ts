import { RegistryError } from './errors.ts';
import { redactUrl } from './redact.ts';
import { quote } from './text.ts';
import type { TransportResponse } from './transport.ts';

/**
 * Where an upload goes on, from the `Location` of an answer. It stays with the registry: our token and the content are for nobody
 * else. A registry behind a proxy that ends TLS often calls itself by http, or by its inner port; the host and scheme that it was
 * reached by are kept then.
 *
 * @param before Where it went until now: used when the answer names no place (some registries say it once).
 * @throws RegistryError `upload_location_denied` for another host, `invalid_answer` for none or nonsense.
 */
export function uploadLocation(answer: TransportResponse, registry: URL, before: URL | undefined): URL {
  const { location } = answer.headers;
  if (location === undefined || location === '') {
    if (before) return before;
    throw unusable(answer, registry, 'invalid_answer', 'did not say where the upload goes');
  }
  const url = URL.parse(location, answer.url.href);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw unusable(answer, registry, 'invalid_answer', `sends the upload to ${quote(location, 80)}, which is not an address`);
  }
  if (url.origin === registry.origin) return url;
  if (url.hostname === registry.hostname) return new URL(`${url.pathname}${url.search}`, registry.origin);
  throw unusable(
    answer,
    registry,
    'upload_location_denied',
    `sends the upload to another host, ${url.host}, where neither credential nor content is sent`,
  );
}

function unusable(answer: TransportResponse, registry: URL, code: string, what: string): RegistryError {
  return new RegistryError(`${registry.host} ${what}.`, {
    code,
    method: 'POST',
    url: redactUrl(answer.url),
    status: answer.status,
    retry: 'never',
  });
}
