import type { Clock } from '../core/clock.ts';
import { CredentialError, UnsupportedError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { withPossibleTimes } from '../credentials/index.ts';
import type { Credential, RegistryClient, RegistryClientOptions, TlsOptions } from '../oci/index.ts';
import type { CatalogContext, ProviderContext } from '../provider/define.ts';
import { externalSignIn, pairWay } from '../provider/external.ts';
import type { ProviderHttp } from '../provider/http.ts';
import { providerInput, secretNames } from '../provider/settings.ts';
import type { OutboundPolicy } from './deps.ts';
import { clientKeySecret, clientPassphraseSecret, proxyPasswordSecret, type RegistryConfiguration } from './draft.ts';
import { proxyWithPassword } from './proxy.ts';
import type { Readings } from './readings.ts';
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

/** The means to open and use a registry's secrets. */
export interface SecretParts {
  vault: Vault;
  policy: OutboundPolicy;
  /** What the registry's sources said. */
  readings: Readings;
}

interface ContextParts {
  http: ProviderHttp;
  clock: Clock;
  signal?: AbortSignal;
}

/** The credential of a registry: issued by its provider, or as it was read elsewhere. */
export async function issueCredential(
  configuration: RegistryConfiguration,
  secrets: SecretParts,
  parts: ContextParts,
): Promise<Credential> {
  if (usesOwnApi(configuration, secrets.readings))
    return withPossibleTimes(await configuration.provider.issueCredential(providerContext(configuration, secrets, parts)));
  const { credential } = secrets.readings;
  if (credential) return credential;
  throw new CredentialError(`“${configuration.name}” has no source for its credential.`, { code: 'credential_source_failed' });
}

/**
 * Whether the provider's functions can be called: not with a ready credential from elsewhere that no way of its own takes. Then
 * the registry itself is asked for everything.
 */
export function usesOwnApi({ provider, signIn }: RegistryConfiguration, { credential }: Readings): boolean {
  return signIn !== externalSignIn || (credential?.kind === 'basic' && pairWay(provider) !== undefined);
}

/**
 * What a provider's functions are called with. Opens the secrets of the registry.
 *
 * @throws UnsupportedError where `usesOwnApi` is false
 */
export function providerContext(configuration: RegistryConfiguration, secrets: SecretParts, parts: ContextParts): ProviderContext {
  const { provider, url } = configuration;
  const endpoints = secrets.policy.endpoints?.[provider.id];
  return {
    url: new URL(url),
    ...providerInput(provider, { url, ...fieldsOf(configuration, secrets) }),
    ...(configuration.namespace !== '' && { namespace: configuration.namespace }),
    ...(endpoints && { endpoints }),
    http: parts.http,
    clock: parts.clock,
    ...(parts.signal && { signal: parts.signal }),
  };
}

export function catalogContext(
  configuration: RegistryConfiguration,
  secrets: SecretParts,
  parts: { client: RegistryClient; credential: () => Promise<Credential>; clock: Clock; signal?: AbortSignal },
): CatalogContext {
  const { client, credential, clock, signal } = parts;
  return { ...providerContext(configuration, secrets, { http: client, clock, ...(signal && { signal }) }), client, credential };
}

/** The fields of a registry with its secrets in plain. A pair that was read elsewhere stands in the way of signing in that takes one. */
function fieldsOf(
  configuration: RegistryConfiguration,
  { vault, readings }: SecretParts,
): { signIn: string; settings: Record<string, unknown>; secrets: Record<string, string> } {
  const { provider, settings } = configuration;
  const pair = configuration.signIn === externalSignIn ? pairWay(provider) : undefined;
  const signIn = pair?.method ?? configuration.signIn;
  const secrets: Record<string, string> = {};
  for (const name of secretNames(provider, signIn)) {
    const text = (readings.values[name] ?? openSecret(configuration, vault, name))?.reveal();
    if (text !== undefined) secrets[name] = text;
  }
  if (configuration.signIn !== externalSignIn) return { signIn, settings: { ...settings }, secrets };
  const { credential } = readings;
  if (!pair || credential?.kind !== 'basic') {
    throw new UnsupportedError(
      `“${configuration.name}” is signed in to with a ready credential from elsewhere, which ${provider.title}’s own API does not take. Choose another way of signing in to use it.`,
    );
  }
  const { source: _source, ...plain } = settings;
  const { username, password } = credential;
  return { signIn, settings: { ...plain, [pair.username]: username }, secrets: { ...secrets, [pair.password]: password } };
}

/** Every stored secret of the registry in plain, for hiding them in text that comes from outside. */
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
