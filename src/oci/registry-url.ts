import type { TlsOptions } from './client-options.ts';
import { InvalidReference } from './errors.ts';

/**
 * Base URL of the registry that a reference's host stands for: `https://` and the host, `registry-1.docker.io` for `docker.io`.
 *
 * @param plainHttp `http://` instead.
 */
export function registryUrl(registry: string, plainHttp = false): URL {
  const host = registry === 'docker.io' || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry;
  const url = URL.parse(`${plainHttp ? 'http' : 'https'}://${host}`);
  if (!url || url.pathname !== '/' || url.search !== '' || url.username !== '')
    throw new InvalidReference('This is not the host of a registry.');
  return url;
}

/**
 * The base as the client uses it: no userinfo, query, fragment or slash at the end; its scheme agrees with the TLS mode. An `http:`
 * URL without TLS options asks for plain HTTP by itself; with a mode that promises TLS it is refused, never quietly downgraded.
 *
 * @throws InvalidReference
 */
export function registryBase(input: URL | string, tls: TlsOptions | undefined): { url: URL; tls: TlsOptions } {
  const url = URL.parse(String(input));
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') {
    throw new InvalidReference('The address of the registry is not an http or https URL.');
  }
  if (url.username !== '' || url.password !== '')
    throw new InvalidReference('The address of the registry must not contain a user name or password.');
  if (url.search !== '' || url.hash !== '') throw new InvalidReference('The address of the registry must not contain a query or fragment.');
  url.pathname = url.pathname.replace(/\/+$/, '');
  if (tls?.mode === 'plain') {
    url.protocol = 'http:';
    return { url, tls };
  }
  if (url.protocol === 'http:' && tls) {
    throw new InvalidReference(`The address of the registry ${url.host} is plain http, which has to be asked for by the TLS mode "plain".`);
  }
  return { url, tls: tls ?? { mode: url.protocol === 'http:' ? 'plain' : 'verify' } };
}
