import { dockerAuth } from '../registries/index.ts';
import type { Candidate, FoundCredential } from './candidate.ts';
import type { Entry } from './entry.ts';

/** Docker Hub's keys have paths that are none of the registry's; Docker Desktop keeps two more beside it. */
const dockerHub =
  /^(?:https?:\/\/)?(?:index\.docker\.io|registry-1\.docker\.io|docker\.io)(?:\/v[12])?(?:\/(access-token|refresh-token))?\/?$/i;

/** An address has 2048 characters at most. */
const longestKey = 2100;
/** A Google key in base64 has 4000. */
const longestSecret = 50_000;

/** What a key of `auths` or `credHelpers` means; undefined for keys that stand for no registry of their own. */
export function readServerKey(key: string): { url: string; prefix?: string } | undefined {
  if (key.length > longestKey) return undefined;
  const hub = dockerHub.exec(key);
  if (hub) return hub[1] === undefined ? { url: 'docker.io' } : undefined;
  const bare = key.replace(/\/+$/, '').replace(/\/v[12]$/, '');
  const [, scheme = '', host = '', path = ''] = /^(https?:\/\/)?([^/]+)(\/.*)?$/i.exec(bare) ?? [];
  // Podman and the kubelet look a credential up by path: it is for what is below, not an address of the API.
  return { url: `${scheme}${host}`, ...(path !== '' && { prefix: `${host}${path}` }) };
}

/** An entry of `auths`: the registry that it is for, and how it signs in. Undefined where there is no credential in it. */
export function readAuth(entry: Entry): FoundCredential | undefined {
  const { username, password, identityToken } = dockerAuth(entry.plain() as Record<string, unknown>);
  for (const key of ['auth', 'username', 'password', 'identitytoken']) entry.ignore(key);
  // An address of a person, from the times of the first Docker Hub.
  entry.ignore('email');
  entry.leaveOut('A token for the registry itself ends within minutes or hours. Sign in in another way.', 'registrytoken');
  entry.finish();
  if ([username, password, identityToken].some((text) => text !== undefined && text.length > longestSecret)) {
    entry.note('warning', '', 'This sign-in is longer than any such; it is left out.');
    return undefined;
  }
  if (identityToken !== undefined)
    return {
      kind: 'identity-token',
      token: identityToken,
      ...(username && username !== '<token>' && username !== '00000000-0000-0000-0000-000000000000' && { username }),
    };
  if (username === undefined) return undefined;
  // Credential helpers say this instead of a name where the secret is an identity token.
  if (username === '<token>' && password) return { kind: 'identity-token', token: password };
  return { kind: 'pair', username, ...(password && { password }) };
}

/** A registry of a key of Docker's configuration; undefined for a key that stands for none. */
export function candidateOf(key: string, from: string, notes: Candidate['notes']): Candidate | undefined {
  const server = readServerKey(key);
  if (!server) return undefined;
  const { url, prefix } = server;
  return {
    from,
    input: { url, ...(prefix !== undefined && { prefix }), ...(/^http:\/\//i.test(url) && { connection: { tls: 'plain' as const } }) },
    notes,
  };
}
