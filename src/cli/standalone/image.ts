import { readImage } from '../../catalog/image-reader.ts';
import { presentImage } from '../../catalog/present-image.ts';
import { runnable } from '../../catalog/tag-details.ts';
import {
  type Descriptor,
  formatPlatform,
  type Manifest,
  parsePlatform,
  type Reference,
  type RegistryClient,
  selectPlatform,
} from '../../oci/index.ts';
import type { Image } from '../../sdk/index.ts';
import { UsageError } from '../errors.ts';
import type { DirectContent } from './content.ts';

/** The manifest that a reference names, or with a platform the one for it. */
export async function readManifest(
  client: RegistryClient,
  reference: Reference,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<Manifest> {
  const repository = client.repository(reference.repository);
  const manifest = await repository.manifest(reference.digest ?? reference.tag ?? 'latest', { signal });
  if (platform === undefined || !manifest.index) return manifest;
  const chosen = choosePlatform(manifest.index.manifests, platform);
  return repository.manifest(chosen.digest, { signal });
}

/** @throws UsageError that names the platforms there are */
function choosePlatform(entries: readonly Descriptor[], platform: string): Descriptor {
  const wanted = parsePlatform(platform);
  const images = runnable(entries);
  const chosen = selectPlatform(wanted, images);
  if (chosen) return chosen;
  const offered = images.flatMap((entry) => (entry.platform ? [formatPlatform(entry.platform)] : []));
  throw new UsageError(
    `There is no image for ${formatPlatform(wanted)}.`,
    `It is there for ${offered.join(', ') || 'no platform that it names'}.`,
  );
}

/** An image as a hub describes it, read from the registry itself. */
export async function readImageDirect(content: DirectContent, reference: Reference, platform: string | undefined): Promise<Image> {
  const { registry, repository, digest } = reference;
  const tag = digest === undefined ? (reference.tag ?? 'latest') : undefined;
  const top =
    digest === undefined ? await content.manifestOfTag(content.source, tag ?? 'latest') : await content.manifest(content.source, digest);
  if (platform !== undefined && top.index) choosePlatform(top.index.manifests, platform);
  const image = await readImage(content, content.source, top, platform);
  return presentImage(image, { registryId: '', registry, host: registry, repository, ...(tag !== undefined && { tag }), otherTags: [] });
}
