import { InvalidSettings, TagboatError } from '../../core/errors.ts';
import { parseReference, type TlsMode } from '../../oci/index.ts';
import { basePath } from '../url.ts';
import type { ClientConfigOptions, ClientRegistry } from './types.ts';

/** A host that serves images, and the first part of their names there, if any. */
export interface Place {
  /** As clients know it: `host[:port]`, IPv6 in brackets; checked, so it can name a folder. */
  host: string;
  /** Without slashes around it; may be empty. */
  path: string;
}

/** What the renderers go by; everything in it is checked. */
export interface Facts {
  /** For sentences. */
  name: string;
  /** For file names. */
  slug: string;
  /** What references begin with. */
  prefix: Place;
  /** Where the API is. */
  host: string;
  /** Base URL of the API's host. */
  server: string;
  /** References name another host than the one that answers, and clients have to be told. */
  alias: boolean;
  tls: TlsMode;
  ca?: string;
  /** PEM of the client certificate; its key is sealed. */
  clientCertificate?: string;
  /** Without password. */
  proxy?: string;
  /** Path below which Tagboat asks this registry; clients know nothing of the kind. */
  basePath: string;
  mirrorOf?: Place;
  /** Where the images of `mirrorOf` are in this registry. */
  mirrorPath: string;
  mirrors: readonly Place[];
  helper: boolean;
  containerd: 1 | 2;
}

export const dockerHub = 'docker.io';

/** @throws InvalidSettings where a host is none, so that clients could not name it either */
export function factsOf(registry: ClientRegistry, options: ClientConfigOptions): Facts {
  const { connection } = registry;
  const url = new URL(registry.url);
  const prefix = parsePlace(registry.prefix === '' ? registry.host : registry.prefix, 'prefix');
  // The host of the API of Docker Hub is a name in references, too: `parsePlace` would make docker.io of it.
  const host = parsePlace(url.host, 'url').host === dockerHub ? url.host : parsePlace(url.host, 'url').host;
  const known = new Set([host, ...(options.knownHosts ?? (host === 'registry-1.docker.io' ? [dockerHub] : []))]);
  const mirrorOf = options.mirrorOf === undefined ? undefined : parsePlace(options.mirrorOf, 'mirrorOf');
  if (mirrorOf?.host === prefix.host) refuse('mirrorOf', `${prefix.host} is this registry itself. Name the host whose images it mirrors.`);
  const mirrors = (options.mirrors ?? []).map((text) => parsePlace(text, 'mirrors'));
  if (mirrors.length > 16) refuse('mirrors', 'At most 16 mirrors are possible.');
  return {
    name: registry.name,
    slug: slugOf(registry.name),
    prefix,
    host,
    server: `${connection.tls === 'plain' ? 'http' : 'https'}://${host}`,
    alias: !known.has(prefix.host),
    tls: connection.tls,
    ...(connection.tls === 'ca' && connection.ca !== undefined && { ca: connection.ca }),
    ...(connection.tls !== 'plain' && connection.clientCertificate && { clientCertificate: connection.clientCertificate.cert }),
    ...(connection.proxy !== undefined && { proxy: connection.proxy }),
    basePath: basePath(url),
    ...(mirrorOf && { mirrorOf }),
    mirrorPath: registry.namespace || prefix.path,
    mirrors,
    helper: options.helper ?? true,
    containerd: options.containerd ?? 2,
  };
}

/** Host and path as they stand in references, checked by the rules for references. */
export function parsePlace(text: string, field: string): Place {
  const typed = text.trim().replace(/\/+$/, '');
  const first = typed.split('/', 1)[0] ?? '';
  if (!/[.:]/.test(first) && first.toLowerCase() !== 'localhost') {
    refuse(field, 'Name a host, with its port and a path if need be: docker.io, registry.acme.io:5000, quay.io/acme.');
  }
  try {
    const reference = parseReference(`${typed}/any`, { defaultTag: null });
    if (reference.tag !== undefined || reference.digest !== undefined) throw new InvalidSettings('A tag or digest does not belong here.');
    return { host: reference.registry, path: typed.slice(first.length + 1) };
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return refuse(field, `${error.message} A host is expected, with its port and a path if need be: registry.acme.io:5000.`);
  }
}

export function placeText({ host, path }: Place): string {
  return path === '' ? host : `${host}/${path}`;
}

export function refuse(field: string, message: string): never {
  throw new InvalidSettings(message, [{ field, message }]);
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '');
  return slug.slice(0, 64) || 'registry';
}
