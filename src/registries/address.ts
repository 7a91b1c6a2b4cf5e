import { InvalidSettings } from '../core/errors.ts';
import type { TlsMode } from '../oci/index.ts';
import type { AnyProvider } from '../provider/define.ts';
import type { ProviderSet } from '../provider/set.ts';
import { basePath, parseRegistryUrl, urlText } from './url.ts';

export interface AddressInput {
  /** What was typed; absent or empty where the provider has one address, or to keep the stored one. */
  url?: string;
  /** TLS mode that was chosen in the same breath. */
  tls?: TlsMode;
  /** An own CA was entered. */
  hasCa: boolean;
  provider?: string;
  stored?: { url: URL; tls: TlsMode; provider: string };
}

export interface Address {
  provider: AnyProvider;
  url: URL;
  tls: TlsMode;
  /** Path that was typed after a host whose API is known to live at its root (`ghcr.io/org-a`): part of names, not of the URL. */
  namePath: string;
  /** Namespace that the typed URL names, in the provider's own way of writing URLs. */
  namespace?: string;
}

/** The provider of last resort: any server that speaks the distribution protocol. */
export const genericProvider = 'generic';

/**
 * Settles provider, URL and TLS mode together, since each says something of the others.
 *
 * Plain HTTP has to be meant: by the TLS mode, or by typing `http://` where no mode was chosen yet.
 *
 * @throws InvalidSettings at `url`, `provider` or `connection.tls`.
 */
export function resolveAddress(input: AddressInput, providers: ProviderSet): Address {
  const named = input.provider ?? input.stored?.provider;
  const chosen = named === undefined ? undefined : providers.require(named);
  const text = input.url?.trim() ? input.url : undefined;
  if (text === undefined) return withoutUrl(input, chosen, providers);

  const plain = (input.tls ?? input.stored?.tls) === 'plain';
  const typed = parseRegistryUrl(text, { plain });
  const provider = chosen ?? providers.detectByHost(typed.url) ?? providers.require(genericProvider);
  const tls = settleTls(input, typed.scheme);
  typed.url.protocol = tls === 'plain' ? 'http:' : 'https:';
  const namespace = provider.inferNamespace?.(typed.url);
  const url = provider.normaliseUrl?.(new URL(typed.url.href)) ?? typed.url;
  // These hosts are known to serve the API at their root, so a path can only be the beginning of repository names.
  const atRoot = provider.hosts.some((pattern) => pattern.test(url.hostname.toLowerCase()));
  const namePath = atRoot ? basePath(url).slice(1) : '';
  if (atRoot) url.pathname = '/';
  return { provider, url, tls, namePath, ...(namespace && { namespace }) };
}

function withoutUrl(input: AddressInput, chosen: AnyProvider | undefined, providers: ProviderSet): Address {
  const stored = input.stored;
  const fixed = chosen?.url.fixed;
  if (fixed !== undefined && chosen) {
    const tls = input.tls ?? stored?.tls ?? (input.hasCa ? 'ca' : 'verify');
    const sameAsStored = stored && stored.provider === chosen.id;
    return { provider: chosen, url: withScheme(sameAsStored ? stored.url : new URL(fixed), tls), tls, namePath: '' };
  }
  if (stored) {
    const tls = input.tls ?? stored.tls;
    return { provider: chosen ?? providers.require(stored.provider), url: withScheme(stored.url, tls), tls, namePath: '' };
  }
  const message = `Enter the address of the registry, for example ${chosen?.url.example ?? 'registry.example.com'}.`;
  throw new InvalidSettings(message, [{ field: 'url', message }]);
}

function withScheme(url: URL, tls: TlsMode): URL {
  const copy = new URL(urlText(url));
  copy.protocol = tls === 'plain' ? 'http:' : 'https:';
  return copy;
}

function settleTls(input: AddressInput, scheme: 'http' | 'https' | undefined): TlsMode {
  if (scheme === 'http') {
    const mode = input.tls ?? input.stored?.tls;
    if (mode !== undefined && mode !== 'plain') {
      const message =
        'http:// sends everything unprotected. Choose “plain HTTP” as the TLS mode if that is meant, otherwise type https://.';
      throw new InvalidSettings(message, [{ field: 'url', message }]);
    }
    return 'plain';
  }
  if (scheme === 'https' && input.tls === 'plain') {
    const message = 'The address begins with https://, but plain HTTP is chosen. Change one of them.';
    throw new InvalidSettings(message, [{ field: 'connection.tls', message }]);
  }
  // Typing https:// over a stored plain registry asks for protection: that is given.
  const stored = scheme === 'https' && input.stored?.tls === 'plain' ? undefined : input.stored?.tls;
  return input.tls ?? stored ?? (input.hasCa ? 'ca' : 'verify');
}
