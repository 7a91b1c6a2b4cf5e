import { createHash } from 'node:crypto';
import { externalSignIn } from '../provider/external.ts';
import type { StoredRegistry } from './row.ts';

/** Changes whenever the client or its credential would be another one; a new description does not cost a connection. */
export function fingerprint({ registry, sealed }: StoredRegistry): string {
  const { provider, url, prefix, namespace, signIn, settings, sources, connection, trustedRealms, credentialExpiry } = registry;
  const way = [signIn, settings, sources, sealed, Object.keys(sources).length > 0 || signIn === externalSignIn ? prefix : ''];
  return digest(JSON.stringify([provider, url, namespace, way, connection, trustedRealms, credentialExpiry ?? null]));
}

/** The fingerprint with what is known of the files and secrets that the registry's sources read. */
export function stamped(facts: string, stamp: string): string {
  return stamp === '' ? facts : `${facts}.${digest(stamp)}`;
}

/** Of a stamped fingerprint, what the settings say. */
export function withoutStamp(text: string): string {
  return text.split('.', 1)[0] ?? text;
}

function digest(facts: string): string {
  return createHash('sha256').update(facts).digest('base64url').slice(0, 22);
}
