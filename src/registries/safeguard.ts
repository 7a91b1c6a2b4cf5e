import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../core/errors.ts';
import { fieldMeta } from '../provider/field.ts';
import type { AnyProvider } from '../provider/define.ts';
import type { RegistryConfiguration } from './draft.ts';
import { sourcesOf } from './readings.ts';

/**
 * Holds that whoever edits a registry, without being able to read its secrets, cannot have them sent somewhere else: to
 * another host or provider, to another service address in the settings, or, unless an administrator does it, over a
 * connection that is judged less strictly than the one they were entered for. The secrets have to be entered again then.
 *
 * @returns an error for each secret that was kept and would be exposed
 */
export function exposedSecrets(before: RegistryConfiguration, after: RegistryConfiguration, administrator: boolean): FieldError[] {
  const reason = destinationChange(before, after) ?? (administrator ? undefined : weakening(before, after));
  if (reason === undefined) return [];
  return Object.entries(after.secrets)
    .filter(([name, value]) => 'sealed' in value && !name.startsWith('connection.'))
    .map(([name]) => ({
      field: `fields.${name}`,
      message: `${reason} Enter “${labelOf(after, name)}” again: the stored one is only used as it was meant.`,
    }));
}

/**
 * Holds that the identity of the hub's own machine is used only where nobody on the way can read or forge what is said, unless
 * an administrator set it up: own authorities, a proxy and plain endpoints would hand it to whoever entered them.
 *
 * @param before the registry as stored, whose connection may stay as an administrator made it
 */
export function exposedIdentity(
  before: RegistryConfiguration | undefined,
  after: RegistryConfiguration,
  administrator: boolean,
): FieldError[] {
  if (administrator || !usesOwnIdentity(after)) return [];
  if (before && usesOwnIdentity(before) && isDeepStrictEqual(wayOf(before), wayOf(after))) return [];
  const errors: FieldError[] = [];
  if (after.connection.tls !== 'verify') {
    const message = 'This machine’s own identity is used over connections with a publicly trusted certificate only. Ask an administrator.';
    errors.push({ field: 'connection.tls', message });
  }
  for (const [name, value] of Object.entries(after.settings)) {
    if (typeof value !== 'string' || !/^http:\/\//i.test(value)) continue;
    errors.push({ field: `fields.${name}`, message: 'This machine’s own identity is used over https:// only. Ask an administrator.' });
  }
  return errors;
}

/**
 * Holds that only an administrator says where the hub reads secrets, which it does with the rights of its own machine, and that
 * nobody else has what is read there sent somewhere else.
 *
 * @param before the registry as stored, whose sources may stay as an administrator set them
 */
export function exposedSources(
  before: RegistryConfiguration | undefined,
  after: RegistryConfiguration,
  administrator: boolean,
): FieldError[] {
  if (administrator) return [];
  const known = before ? sourcesOf(before) : [];
  const redirected = before && exposure(before, after);
  return sourcesOf(after).flatMap(({ field, source }) => {
    if (!known.some((one) => one.field === field && one.source === source)) {
      return [{ field, message: 'Only an administrator may choose where the hub reads a secret. Ask one, or enter the secret itself.' }];
    }
    if (redirected === undefined) return [];
    return [
      { field, message: `${redirected} The secret is read elsewhere for what was set up before: ask an administrator to change it.` },
    ];
  });
}

/** Why a credential that was meant for the one should not be used with the other; undefined when nothing speaks against it. */
export function exposure(before: RegistryConfiguration, after: RegistryConfiguration): string | undefined {
  return destinationChange(before, after) ?? weakening(before, after) ?? prefixChange(before, after);
}

/** Of several credentials for one host, the prefix chooses. */
function prefixChange(before: RegistryConfiguration, after: RegistryConfiguration): string | undefined {
  return before.prefix === after.prefix ? undefined : `The prefix changed from ${before.prefix ?? ''} to ${after.prefix ?? ''}.`;
}

function usesOwnIdentity({ provider, signIn, secrets, sources }: RegistryConfiguration): boolean {
  return isAmbient(provider, signIn, [...Object.keys(secrets), ...Object.keys(sources)]);
}

/**
 * Whether the identity of the hub's own machine signs in: the way of signing in says so, and no secret was entered for it.
 *
 * @param secrets names of the secrets that are stored or read elsewhere
 */
export function isAmbient(provider: AnyProvider | undefined, signIn: string, secrets: readonly string[]): boolean {
  return provider?.signIn[signIn]?.ambient === true && secrets.every((name) => name.startsWith('connection.'));
}

function wayOf({ provider, url, settings, connection: { tls, ca, proxy } }: RegistryConfiguration): unknown[] {
  return [provider.id, url.href, settings, tls, ca, proxy];
}

function labelOf({ provider, signIn }: RegistryConfiguration, name: string): string {
  const schema = provider.signIn[signIn]?.fields.shape[name] ?? provider.settings.shape[name];
  return (schema && fieldMeta(schema)?.label) ?? name;
}

function destinationChange(before: RegistryConfiguration, after: RegistryConfiguration): string | undefined {
  if (before.provider.id !== after.provider.id) return `The provider changed from ${before.provider.title} to ${after.provider.title}.`;
  // Between http and https on their default ports the server is the same; losing encryption is judged as a weakening.
  const bothDefault = before.url.port === '' && after.url.port === '';
  if (before.url.hostname !== after.url.hostname || (!bothDefault && portOf(before.url) !== portOf(after.url))) {
    return `The address changed from ${before.url.host} to ${after.url.host}.`;
  }
  for (const [name, value] of Object.entries(after.settings)) {
    if (typeof value === 'string' && value !== before.settings[name] && /^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
      return `The address in “${name}” changed.`;
    }
  }
  return undefined;
}

function weakening(before: RegistryConfiguration, after: RegistryConfiguration): string | undefined {
  const was = before.connection;
  const is = after.connection;
  if (is.tls !== was.tls && is.tls === 'plain') return 'The connection is no longer encrypted.';
  if (is.tls !== was.tls && is.tls === 'insecure') return 'The certificate of the registry is no longer checked.';
  if (is.tls === 'ca' && was.tls !== 'insecure' && was.tls !== 'plain' && (was.tls !== 'ca' || is.ca !== was.ca)) {
    return 'The certificate authority changed.';
  }
  if (is.proxy !== was.proxy && is.proxy !== undefined && is.tls !== 'verify')
    return 'The proxy changed, and the connection may be read by it.';
  return undefined;
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'http:' ? '80' : '443');
}
