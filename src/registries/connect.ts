import type { Clock } from '../core/clock.ts';
import type { Secret } from '../core/secret.ts';
import type { Credential, RegistryClient, RegistryClientOptions, TlsOptions } from '../oci/index.ts';
import type { CatalogContext, ProviderContext } from '../provider/define.ts';
import type { ProviderHttp } from '../provider/http.ts';
import { providerInput, secretNames } from '../provider/settings.ts';
import type { OutboundPolicy } from './deps.ts';
import { clientKeySecret, clientPassphraseSecret, proxyPasswordSecret, type RegistryConfiguration } from './draft.ts';
import { proxyWithPassword } from './proxy.ts';
import { realmGuard } from './realms.ts';
import type { Vault } from './vault.ts';

/** How a configured registry is reached, as its client wants it; without credential. */
export function clientOptions(configuration: RegistryConfiguration, vault: Vault, policy: OutboundPolicy): RegistryClientOptions {
  const { connection, provider, trustedRealms } = configuration;
  const options: RegistryClientOptions = {
    url: configuration.url,
    tls: tlsOptions(configuration, vault),
    trustRealm: realmGuard(provider, trustedRealms),
    traits: provider.traits,
  };
  if (connection.proxy !== undefined) {
    options.proxy = proxyWithPassword(connection.proxy, openSecret(configuration, vault, proxyPasswordSecret)?.reveal());
  }
  if (connection.requestsPerSecond !== undefined) options.requestsPerSecond = connection.requestsPerSecond;
  if (policy.addresses) options.addresses = policy.addresses;
  if (policy.timeouts) options.timeouts = policy.timeouts;
  if (policy.lookup) options.lookup = policy.lookup;
  if (policy.userAgent !== undefined) options.userAgent = policy.userAgent;
  if (policy.onRequest) options.onRequest = policy.onRequest;
  return options;
}

/** What a provider's functions are called with. Opens the secrets of the registry. */
export function providerContext(
  configuration: RegistryConfiguration,
  vault: Vault,
  policy: OutboundPolicy,
  parts: { http: ProviderHttp; clock: Clock; signal?: AbortSignal },
): ProviderContext {
  const { provider, signIn, settings, url } = configuration;
  const secrets: Record<string, string> = {};
  for (const name of secretNames(provider, signIn)) {
    const text = openSecret(configuration, vault, name)?.reveal();
    if (text !== undefined) secrets[name] = text;
  }
  const endpoints = policy.endpoints?.[provider.id];
  return {
    url: new URL(url),
    ...providerInput(provider, { signIn, url, settings, secrets }),
    ...(configuration.namespace !== '' && { namespace: configuration.namespace }),
    ...(endpoints && { endpoints }),
    http: parts.http,
    clock: parts.clock,
    ...(parts.signal && { signal: parts.signal }),
  };
}

export function catalogContext(
  configuration: RegistryConfiguration,
  vault: Vault,
  policy: OutboundPolicy,
  parts: { client: RegistryClient; credential: () => Promise<Credential>; clock: Clock; signal?: AbortSignal },
): CatalogContext {
  const { client, credential, clock, signal } = parts;
  return { ...providerContext(configuration, vault, policy, { http: client, clock, ...(signal && { signal }) }), client, credential };
}

/** Every secret of the registry in plain, for hiding them in text that comes from outside. */
export function knownSecrets(configuration: RegistryConfiguration, vault: Vault): string[] {
  return Object.keys(configuration.secrets)
    .map((name) => openSecret(configuration, vault, name)?.reveal())
    .filter((text) => text !== undefined);
}

function tlsOptions(configuration: RegistryConfiguration, vault: Vault): TlsOptions {
  const { tls, ca, clientCertificate } = configuration.connection;
  const options: TlsOptions = { mode: tls };
  if (tls === 'ca' && ca !== undefined) options.ca = ca;
  if (tls !== 'plain' && clientCertificate) {
    const key = openSecret(configuration, vault, clientKeySecret)?.reveal();
    const passphrase = openSecret(configuration, vault, clientPassphraseSecret)?.reveal();
    if (key !== undefined)
      options.clientCertificate = { cert: clientCertificate.cert, key, ...(passphrase !== undefined && { passphrase }) };
  }
  return options;
}

function openSecret(configuration: RegistryConfiguration, vault: Vault, name: string): Secret<string> | undefined {
  const value = configuration.secrets[name];
  return value && vault.open(configuration.id, name, value);
}
