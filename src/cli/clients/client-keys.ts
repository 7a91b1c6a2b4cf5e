import type { IssuedCredential } from '../../sdk/index.ts';

/** Docker's key for Docker Hub, with scheme, path and slash; every other registry goes by host and port. */
export const dockerHubServer = 'https://index.docker.io/v1/';

const dockerHubHosts: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** Docker's key for a registry by what its references begin with. */
export function serverOf(prefix: string): string {
  const host = prefix.split('/', 1)[0] ?? '';
  return host === 'docker.io' ? dockerHubServer : host;
}

/** Every name under which docker, podman and BuildKit look for a registry in their settings. */
export function clientNames(prefix: string): string[] {
  const host = prefix.split('/', 1)[0] ?? '';
  return host === 'docker.io' ? [dockerHubServer, ...dockerHubHosts] : [host];
}

/** User and password; an identity token is a password only for those who name the user that goes with it. */
export function passwordLogin({ kind, username, secret }: IssuedCredential): { username: string; password: string } | undefined {
  if (kind === 'anonymous' || secret === undefined || username === undefined) return undefined;
  return { username, password: secret };
}

/** User and secret as credential helpers answer them: `<token>` for an identity token; undefined where none is needed. */
export function helperLogin({ kind, username, secret }: IssuedCredential): { Username: string; Secret: string } | undefined {
  if (kind === 'anonymous' || secret === undefined) return undefined;
  return kind === 'identity' ? { Username: '<token>', Secret: secret } : { Username: username ?? '', Secret: secret };
}

/** An entry of `auths` in Docker's config.json and containers' auth.json. */
export function authEntry({ kind, username, secret }: IssuedCredential): { auth: string; identitytoken?: string } | undefined {
  if (kind === 'anonymous' || secret === undefined) return undefined;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return kind === 'identity'
    ? { auth: base64(`${username ?? ''}:`), identitytoken: secret }
    : { auth: base64(`${username ?? ''}:${secret}`) };
}
