import type { RegistryClientOptions } from '../../src/oci/index.ts';
import { type AuthOptions, startRegistry } from '../../src/testing/index.ts';
import { createAuthority } from './certificates.ts';
import { type DockerRegistryKind, startDockerRegistry } from './docker-registry.ts';

/** A registry that is running, and how to reach it. */
export interface RunningRegistry {
  url: string;
  host: string;
  username?: string;
  password?: string;
  /** PEM of the authority that issued its certificate. */
  ca?: string;
  stop: () => Promise<void>;
}

export interface RegistrySetUp {
  name: string;
  /** Whose implementation it is; Debian's `docker-registry` has no referrers API. */
  software: 'tagboat' | 'docker-registry';
  start: () => Promise<RunningRegistry>;
}

const username = 'ci';
const password = 's3cret-pass';
const users = { [username]: password };

function inProcess(name: string, auth: AuthOptions, tls = false): RegistrySetUp {
  return {
    name: `in-process registry, ${name}`,
    software: 'tagboat',
    async start() {
      const authority = tls ? await createAuthority() : undefined;
      const registry = await startRegistry({ auth, ...(authority && { tls: await authority.issue() }) });
      const credential = auth.kind === 'none' ? {} : { username, password };
      return { url: registry.url, host: registry.host, ...credential, ca: authority?.cert, stop: registry.close };
    },
  };
}

function debian(kind: DockerRegistryKind): RegistrySetUp {
  return {
    name: `docker-registry, ${kind}`,
    software: 'docker-registry',
    async start() {
      const registry = await startDockerRegistry({ kind, username, password });
      return { ...registry, ca: registry.authority?.cert };
    },
  };
}

/** Every registry that the read side is tried on: ours four times, Debian's `docker-registry` four times. */
export const registrySetUps: readonly RegistrySetUp[] = [
  inProcess('open', { kind: 'none' }),
  inProcess('basic', { kind: 'basic', users: { ...users } }),
  inProcess('token', { kind: 'token', users: { ...users } }),
  inProcess('TLS and token', { kind: 'token', users: { ...users } }, true),
  debian('open'),
  debian('htpasswd'),
  debian('token'),
  debian('tls'),
];

/** Options for a client of ours. Token servers on another port of this machine are trusted. */
export function clientOptions(registry: RunningRegistry): RegistryClientOptions {
  return {
    url: registry.url,
    ...(registry.username !== undefined && {
      credential: { kind: 'basic', username: registry.username, password: registry.password ?? '' },
    }),
    tls: registry.ca ? { mode: 'ca', ca: registry.ca } : { mode: 'plain' },
    trustRealm: (realm) => realm.hostname === '127.0.0.1',
  };
}
