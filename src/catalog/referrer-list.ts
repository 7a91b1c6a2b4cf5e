import { TagboatError } from '../core/errors.ts';
import type { Descriptor, Manifest } from '../oci/index.ts';
import { artifactTitle, artifactTypeOfContent } from './artifact-kinds.ts';
import { parseDigestTag } from './digest-tag.ts';
import { isCanceled, partialOf } from './partial.ts';
import type { Content, ContentSource } from './source.ts';
import type { CatalogReferrer, CatalogReferrers, Partial } from './types.ts';

const most = 500;
const cosignEndings = ['sig', 'att', 'sbom'];

/**
 * Everything that says something of a digest: what the registry lists as referrers, what cosign put beside it under digest tags, and
 * what BuildKit put into the index itself.
 *
 * @param listing the repository's tags, as far as they are known
 */
export async function listReferrers(
  parts: { content: Content; now: () => number },
  source: ContentSource,
  digest: string,
  listing: { get(tag: string): unknown } | undefined,
  signal?: AbortSignal,
): Promise<CatalogReferrers> {
  const { client } = await source.open();
  const { via, manifests } = await client.repository(source.repository).referrers(digest, signal && { signal });
  const items = new Map<string, CatalogReferrer>();
  for (const descriptor of manifests.slice(0, most)) items.set(descriptor.digest, toReferrer(descriptor));
  let partial: Partial | undefined =
    manifests.length > most
      ? { reason: `There are ${manifests.length} referrers; these are the first ${most}.`, code: 'invalid_answer' }
      : undefined;
  for (const ending of cosignEndings) {
    const tag = `${digest.replace(':', '-')}.${ending}`;
    if (!listing?.get(tag)) continue;
    try {
      const manifest = await parts.content.manifestOfTag(source, tag);
      items.set(manifest.digest, ofDigestTag(manifest, tag));
    } catch (error) {
      if (!(error instanceof TagboatError) || isCanceled(error)) throw error;
      partial ??= partialOf(error, parts.now());
    }
  }
  const known = await parts.content.knownManifest(source, digest);
  for (const descriptor of known?.index?.manifests ?? []) {
    if (descriptor.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest') continue;
    items.set(descriptor.digest, { ...toReferrer(descriptor), title: 'Build attestation (BuildKit)' });
  }
  return { items: [...items.values()], via, ...(partial && { partial }) };
}

function toReferrer({ digest, mediaType, size, artifactType, annotations }: Descriptor): CatalogReferrer {
  return {
    digest,
    mediaType,
    size,
    ...(artifactType && { artifactType }),
    title: artifactTitle(artifactType, annotations) ?? 'Artifact',
    ...(annotations && { annotations: { ...annotations } }),
  };
}

function ofDigestTag(manifest: Manifest, tag: string): CatalogReferrer {
  const artifactType = artifactTypeOfContent(manifest);
  const annotations = manifest.image?.annotations;
  return {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    size: manifest.size,
    ...(artifactType && { artifactType }),
    title: parseDigestTag(tag)?.title ?? 'Artifact',
    ...(annotations && { annotations: { ...annotations } }),
  };
}
