import type { AnyProvider } from './define.ts';

/**
 * Whether a provider's stored credentials may be sent to a token server that is not on the registry's own origin: only
 * over https, on the default port, to a hostname of the provider's list. Confirmed realms of one registry are its own matter.
 */
export function trustsRealm(provider: AnyProvider, realm: URL): boolean {
  if (realm.protocol !== 'https:' || realm.port !== '') return false;
  const host = realm.hostname.toLowerCase();
  return (provider.realms ?? []).some((pattern) => pattern.test(host));
}
