import { digestOf } from './built-content.ts';
import type { ContentStore, StoredManifest } from './content-store.ts';
import { type Exchange, json, type Reply, readBody, Refusal } from './exchange.ts';
import { mediaTypes } from './media-types.ts';
import { isDigest, isTagName, type RegistryOptions } from './registry-options.ts';

interface ManifestJson {
  schemaVersion?: unknown;
  mediaType?: unknown;
  config?: { digest: string };
  layers?: { digest: string; urls?: string[] }[];
  manifests?: { digest: string }[];
  subject?: { digest: string };
}

const imageTypes: readonly string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];
const indexTypes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerList];

/** GET and HEAD of a manifest. The stored bytes are answered as they came. */
export function getManifest(store: ContentStore, options: RegistryOptions, exchange: Exchange, name: string, reference: string): Reply {
  const manifest = find(store, name, reference);
  if (!accepts(exchange.headers.accept, manifest.mediaType)) {
    throw new Refusal(404, 'MANIFEST_UNKNOWN', `${manifest.mediaType} found, but the Accept header does not name it`);
  }
  const headers: Record<string, string> = { 'content-type': manifest.mediaType, etag: `"${manifest.digest}"` };
  if (options.digestHeader ?? true) headers['docker-content-digest'] = manifest.digest;
  if (exchange.headers['if-none-match'] === headers.etag) return { status: 304, headers };
  return { status: 200, headers, body: manifest.bytes };
}

export async function putManifest(
  store: ContentStore,
  options: RegistryOptions,
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<Reply> {
  const bytes = await readBody(exchange, options.maxManifestBytes ?? 4 * 1024 * 1024);
  const algorithm = reference.startsWith('sha512:') ? 'sha512' : 'sha256';
  const digest = digestOf(bytes, algorithm);
  if (isDigest(reference) ? reference !== digest : !isTagName(reference)) {
    if (reference.includes(':')) throw new Refusal(400, 'DIGEST_INVALID', `content has digest ${digest}, not ${reference}`);
    throw new Refusal(400, 'TAG_INVALID', `not a tag: ${reference}`);
  }
  const mediaType = (exchange.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  const manifest = parse(bytes, mediaType);
  checkParts(store, name, manifest);
  store.putManifest(name, bytes, mediaType, digest);
  if (!isDigest(reference)) store.putTag(name, reference, digest);
  const headers: Record<string, string> = {
    location: `${options.prefix ?? ''}/v2/${name}/manifests/${digest}`,
    'docker-content-digest': digest,
  };
  if (manifest.subject && (options.referrers ?? true)) headers['oci-subject'] = manifest.subject.digest;
  return { status: 201, headers };
}

/** By tag: the tag goes, unless options say otherwise. By digest: the manifest and all its tags go. */
export function deleteManifest(store: ContentStore, options: RegistryOptions, name: string, reference: string): Reply {
  if (options.deletion === false) throw new Refusal(405, 'UNSUPPORTED', 'The operation is unsupported.');
  if (!isDigest(reference) && options.deleteByTag === 'refused') throw new Refusal(400, 'DIGEST_INVALID', 'invalid digest format');
  const { digest } = find(store, name, reference);
  if (options.keepTagged && isDigest(reference) && store.tags(name).some((tag) => store.manifest(name, tag)?.digest === digest))
    throw new Refusal(400, 'GOOGLE_MANIFEST_DANGLING_TAG', 'Manifest is still referenced by tag');
  if (isDigest(reference) || options.deleteByTag === 'manifest') store.deleteManifest(name, digest);
  else store.deleteTag(name, reference);
  return { status: 202, headers: {} };
}

/** The referrers API: an index of what names this digest as its subject, with the filter applied. */
export function getReferrers(store: ContentStore, options: RegistryOptions, exchange: Exchange, name: string, digest: string): Reply {
  if (options.referrers === false) throw new Refusal(404, 'UNSUPPORTED', 'page not found');
  if (!isDigest(digest)) throw new Refusal(400, 'DIGEST_INVALID', `not a digest: ${digest}`);
  if (!store.has(name)) throw new Refusal(404, 'NAME_UNKNOWN', `repository name not known to registry: ${name}`);
  const query = exchange.url.searchParams;
  const wanted = query.get('artifactType');
  const all = store
    .referrers(name, digest)
    .map(({ descriptor }) => descriptor)
    .filter((descriptor) => wanted === null || descriptor.artifactType === wanted);
  const from = Number(query.get('from') ?? 0);
  const size = options.pageSize ?? all.length;
  const headers: Record<string, string> = {};
  if (wanted !== null) headers['oci-filters-applied'] = 'artifactType';
  if (from + size < all.length) {
    const next = new URL(exchange.url);
    next.searchParams.set('from', String(from + size));
    headers.link = `<${options.linkForm === 'absolute' ? next.href : next.pathname + next.search}>; rel="next"`;
  }
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: all.slice(from, from + size) };
  return json(200, index, { ...headers, 'content-type': mediaTypes.ociIndex });
}

function find(store: ContentStore, name: string, reference: string): StoredManifest {
  if (!store.has(name)) throw new Refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } });
  if (!isDigest(reference) && !isTagName(reference)) throw new Refusal(400, 'TAG_INVALID', `not a tag or digest: ${reference}`);
  const manifest = store.manifest(name, reference);
  if (!manifest) throw new Refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown', { detail: { name, reference } });
  return manifest;
}

function accepts(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined) return true;
  return accept.split(',').some((entry) => {
    const type = entry.split(';', 1)[0]?.trim() ?? '';
    return type === '*/*' || type === mediaType || (type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1)));
  });
}

function parse(bytes: Buffer, mediaType: string): ManifestJson {
  if (!imageTypes.includes(mediaType) && !indexTypes.includes(mediaType)) {
    throw new Refusal(400, 'MANIFEST_INVALID', `unknown manifest media type: ${mediaType || 'none'}`);
  }
  let manifest: ManifestJson;
  try {
    manifest = JSON.parse(bytes.toString('utf8')) as ManifestJson;
  } catch {
    throw new Refusal(400, 'MANIFEST_INVALID', 'manifest is not JSON');
  }
  if (manifest?.schemaVersion !== 2) throw new Refusal(400, 'MANIFEST_INVALID', 'schemaVersion must be 2');
  if (manifest.mediaType !== undefined && manifest.mediaType !== mediaType) {
    throw new Refusal(400, 'MANIFEST_INVALID', `mediaType of the manifest is not its Content-Type, ${mediaType}`);
  }
  const index = indexTypes.includes(mediaType);
  if (index ? !Array.isArray(manifest.manifests) : !manifest.config || !Array.isArray(manifest.layers)) {
    throw new Refusal(400, 'MANIFEST_INVALID', index ? 'manifests is missing' : 'config or layers is missing');
  }
  return manifest;
}

function checkParts(store: ContentStore, name: string, manifest: ManifestJson): void {
  const blobs = [manifest.config, ...(manifest.layers ?? []).filter((layer) => !layer.urls?.length)];
  for (const blob of blobs) {
    if (blob && !store.blob(name, blob.digest)) {
      throw new Refusal(404, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest: blob.digest } });
    }
  }
  for (const child of manifest.manifests ?? []) {
    if (!store.manifest(name, child.digest)) {
      throw new Refusal(404, 'MANIFEST_UNKNOWN', 'manifest of the index is unknown', { detail: { digest: child.digest } });
    }
  }
}
