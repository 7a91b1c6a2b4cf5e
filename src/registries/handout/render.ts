import { UnsupportedError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import type { Registry } from '../types.ts';
import type { Handout } from './types.ts';

export type Rendered = Pick<Handout, 'kind' | 'username' | 'secret'>;

/** Whether clients can be given it: they know user and password, and identity tokens, but no ready registry token. */
export function isPortable(credential: Credential): boolean {
  return credential.kind !== 'bearer';
}

/**
 * A credential as clients take it.
 *
 * @throws UnsupportedError for a bearer token
 */
export function renderCredential(credential: Credential, registry: Pick<Registry, 'name'>): Rendered {
  switch (credential.kind) {
    case 'anonymous':
      return { kind: 'anonymous' };
    case 'basic':
      return { kind: 'basic', username: credential.username, secret: credential.password };
    case 'identity':
      return { kind: 'identity', ...(credential.username !== undefined && { username: credential.username }), secret: credential.token };
    case 'bearer':
      throw new UnsupportedError(
        `${registry.name} is signed in to with a ready bearer token, which docker, podman and the kubelet cannot be given.`,
        {
          help: 'Choose a way of signing in with user name and password or token for this registry; most products take the same token as a password.',
        },
      );
  }
}

/** Why nothing is handed out where the registry asks for nothing, and what clients need instead. */
export function anonymousReason(registry: Pick<Registry, 'name' | 'connection'>): string {
  return registry.connection.clientCertificate
    ? `${registry.name} is signed in to by a client certificate, which is no credential that can be handed out: put certificate and key where the client looks for them (\`tagboat client-config ${registry.name}\`).`
    : `${registry.name} is used without a sign-in.`;
}
