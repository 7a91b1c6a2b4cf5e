import { parseReference } from '../../oci/index.ts';
import { parseRegistryUrl, urlText } from '../url.ts';
import { InvalidSettings, TagboatError } from '../../core/errors.ts';
import type { Found } from './found.ts';

/** Reads a URL, a host, or an image reference, bare or as it stands in a Dockerfile, a manifest or a `docker pull` line. */
export function readAddressOrImage(text: string): Found | undefined {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  const bare = line
    .replace(/^(?:[$#]\s+)?(?:docker|podman|nerdctl|crane)\s+(?:pull|push|run|manifest)\s+(?:-\S+\s+)*/, '')
    .replace(/^FROM\s+(?:--platform=\S+\s+)?/i, '')
    .replace(/^-?\s*image:\s*/, '')
    .replace(/\s+AS\s+\S+$/i, '')
    .replace(/^(["'`])(.*)\1$/, '$2');
  // Anything else (markup, JSON, shell) is not to be taken for a strange host.
  if (!/^[\p{L}\p{N}.:/_@[\]~-]+$/u.test(bare)) return undefined;
  if (/^https?:\/\//i.test(bare)) return readUrl(bare);
  const stripped = bare.replace(/^(?:docker|oci):\/\//, '');
  return isHost(stripped) ? readUrl(stripped) : (readImage(stripped) ?? readUrl(stripped));
}

/** A host alone, perhaps with a port: nothing that could be the name of an image, whose first part would need a slash after it. */
function isHost(text: string): boolean {
  const host = text.replace(/\/+$/, '');
  if (host.includes('/') || host.includes('@')) return false;
  return (
    /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\.?(?::\d{1,5})?$/.test(host) ||
    /^localhost(?::\d{1,5})?$/i.test(host) ||
    /^[A-Za-z0-9-]+:\d{2,5}$/.test(host) ||
    /^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/.test(host)
  );
}

function readUrl(text: string): Found | undefined {
  try {
    const { url, scheme } = parseRegistryUrl(text);
    return { kind: 'url', address: scheme === 'http' ? urlText(url) : urlText(url).replace(/^https:\/\//, '') };
  } catch (error) {
    if (error instanceof InvalidSettings) return undefined;
    throw error;
  }
}

function readImage(text: string): Found | undefined {
  try {
    const reference = parseReference(text, { defaultTag: null });
    const parts = reference.repository.split('/');
    const official = reference.registry === 'docker.io' && parts[0] === 'library';
    return { kind: 'reference', address: reference.registry, ...(parts.length > 1 && !official && { namespace: parts[0] }) };
  } catch (error) {
    if (error instanceof TagboatError) return undefined;
    throw error;
  }
}
