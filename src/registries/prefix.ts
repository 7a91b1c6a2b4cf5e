import { InvalidSettings } from '../core/errors.ts';
import type { AnyProvider } from '../provider/define.ts';
import { basePath, parseRegistryUrl } from './url.ts';

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/**
 * Normalises what references of a registry begin with: `ghcr.io/org-a`. Lower-case host with its port, path of whole
 * repository components, no scheme, no slash at the end.
 *
 * @throws InvalidSettings at field `prefix`.
 */
export function parsePrefix(text: string): string {
  let url: URL;
  try {
    ({ url } = parseRegistryUrl(text));
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    const message = `${error.message} A prefix is a host and, if need be, a path: ghcr.io/org-a.`;
    throw new InvalidSettings(message, [{ field: 'prefix', message }], { reason: error.code });
  }
  const path = basePath(url).slice(1);
  if (path !== '' && !path.split('/').every((part) => component.test(part))) {
    const message = 'The path of a prefix consists of repository names: lower-case letters, digits and . _ - between them.';
    throw new InvalidSettings(message, [{ field: 'prefix', message }]);
  }
  // An explicit :443 is a different reference for Docker, but nobody means a different registry by it.
  return path === '' ? url.host : `${url.host}/${path}`;
}

/** The prefix when none was entered: the host that stands in references, and the URL's path if it can stand there. */
export function defaultPrefix(url: URL, provider: AnyProvider, path = basePath(url).slice(1)): string {
  const host = provider.referenceHosts?.(url)[0] ?? url.host;
  const usable = path !== '' && path.split('/').every((part) => component.test(part));
  return usable ? `${host}/${path}` : host;
}

/** Every host that stands for this registry in references, the URL's own first. */
export function referenceHosts(url: URL, provider: AnyProvider): string[] {
  return [...new Set([url.host, ...(provider.referenceHosts?.(url) ?? [])])];
}
