import { InvalidReference, NotFound } from '../../core/errors.ts';
import { parseReference } from '../../oci/index.ts';

/** One way of understanding what a client said. */
export interface ClientKey {
  /** As in references: lower case, `docker.io` for Docker Hub. */
  host: string;
  /** Path of a repository, or the beginning of one; empty for the whole host. */
  path: string;
}

const longest = 2048;
const dockerHubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com']);

/**
 * What clients call a registry: `https://index.docker.io/v1/` (docker, for Docker Hub), `ghcr.io`, `https://harbor.acme.io`,
 * `host:5000`, `host/path` (podman), or an image reference (kubelet). Where a text has two meanings (`registry:5000`), the
 * host comes first.
 *
 * @throws InvalidReference; NotFound for the names under which docker keeps its own tokens
 */
export function parseClientKey(text: string): ClientKey[] {
  const typed = text.trim();
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  if (typed === '' || typed.length > longest || /[\s\u0000-\u001f\u007f]/.test(typed)) {
    throw new InvalidReference('This names no registry: a host, a server URL or an image reference is expected.');
  }
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(typed)?.[0];
  if (scheme !== undefined && !/^(https?|oci|docker):/i.test(scheme)) {
    throw new InvalidReference('This names no registry: a server URL begins with https:// or http://.');
  }
  const bare = typed.slice(scheme?.length ?? 0);
  const slash = bare.indexOf('/');
  const first = slash < 0 ? bare : bare.slice(0, slash);
  const rest = slash < 0 ? '' : bare.slice(slash + 1);
  if (scheme !== undefined && (first === '' || /[@?#]/.test(bare))) {
    throw new InvalidReference('The URL of a registry has a host, and no user name, query or fragment.');
  }
  // docker login with a browser keeps its tokens beside the credential (docker/cli, cli/config/credentials).
  if (/^v1\/(access|refresh)-token\/?$/.test(rest))
    throw new NotFound('Docker keeps tokens of its own under this name; none are kept here.');
  if (scheme !== undefined) return [atHost(first, withoutVersion(rest))];
  if (slash < 0) return withoutSlash(first);
  return isHost(first) ? [atHost(first, withoutVersion(rest))] : [ofReference(bare)];
}

function withoutSlash(text: string): ClientKey[] {
  if (text.includes('@')) return [ofReference(text)];
  const port = /:\d{1,5}$/.test(text) || text.endsWith(']');
  if (text.includes('.') && !text.includes(':')) return [atHost(text, '')];
  if (port) return text.includes('.') || text.startsWith('[') ? [atHost(text, '')] : [atHost(text, ''), ofReference(text)];
  if (text.includes(':')) return [ofReference(text)];
  return text === 'localhost' ? [atHost(text, '')] : [atHost(text, ''), ofReference(text)];
}

/** By Docker's rule for the part before the first slash. */
function isHost(text: string): boolean {
  return text.includes('.') || text.includes(':') || text === 'localhost' || text !== text.toLowerCase();
}

/** `v1/` and `v2/` belong to the API, not to names. */
function withoutVersion(path: string): string {
  return path.replace(/\/+$/, '').replace(/(^|\/)v[12]$/, '');
}

function atHost(host: string, path: string): ClientKey {
  const lower = host.toLowerCase();
  if (dockerHubHosts.has(lower)) return ofReference(`docker.io/${path}`, path);
  if (path !== '') return ofReference(`${lower}/${path}`);
  // Checks the host alone.
  return { host: parseReference(`${lower}/any`).registry.replace(/:443$/, ''), path: '' };
}

function ofReference(text: string, path = 'named'): ClientKey {
  if (path === '') return { host: 'docker.io', path: '' };
  const { registry, repository } = parseReference(text, { defaultTag: null });
  return { host: registry.replace(/:443$/, ''), path: repository };
}
