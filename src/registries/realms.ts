import { InvalidSettings } from '../core/errors.ts';
import type { RealmGuard } from '../oci/index.ts';
import type { AnyProvider } from '../provider/define.ts';
import { trustsRealm } from '../provider/realm.ts';

/**
 * Reads the origin of a token server that an administrator confirms: `https://auth.example.com[:port]`. Plain http is
 * taken only for a registry that is itself reached by plain http.
 *
 * @throws InvalidSettings at `trustedRealms`.
 */
export function parseTrustedRealm(text: string, registry: URL): string {
  const refuse = (message: string): never => {
    throw new InvalidSettings(message, [{ field: 'trustedRealms', message }]);
  };
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return refuse('A trusted realm is the origin of a token server, for example https://auth.example.com.');
  }
  if (url.username !== '' || url.password !== '') refuse('A trusted realm must not contain a user name or password.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && registry.protocol === 'http:')) {
    refuse('A trusted realm has to begin with https://, or the password would be sent unprotected.');
  }
  return url.origin;
}

/** May the stored credential be sent to this token server? The provider's own list, and what an administrator confirmed. */
export function realmGuard(provider: AnyProvider, confirmed: readonly string[]): RealmGuard {
  return (realm) => trustsRealm(provider, realm) || confirmed.includes(realm.origin);
}
