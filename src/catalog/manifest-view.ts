import { type Descriptor, formatPlatform, type Manifest } from '../oci/index.ts';
import type { HistoryEntry, ParsedConfig } from './image-config.ts';
import type { CatalogDescriptor, CatalogLayer, ManifestView } from './types.ts';

/** Most of a manifest's config and layers that is plausible; beyond it sums lose exactness. */
const most = Number.MAX_SAFE_INTEGER;

/** Config and layers of one image or artifact, each layer with the command that made it. */
export function viewManifest(manifest: Manifest, parsed?: ParsedConfig): ManifestView {
  const image = manifest.image;
  const config = parsed?.config;
  const platform =
    config?.os && config.architecture
      ? formatPlatform({ os: config.os, architecture: config.architecture, ...(config.variant && { variant: config.variant }) })
      : undefined;
  return {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    size: contentSize(manifest),
    ...(platform && { platform }),
    ...(config && { config }),
    ...(image && { configDescriptor: viewDescriptor(image.config) }),
    layers: matchLayers(image?.layers ?? [], parsed?.history ?? []),
    ...(image?.annotations && { annotations: { ...image.annotations } }),
  };
}

/** Bytes of config and layers, compressed. */
export function contentSize({ image }: Manifest): number {
  if (!image) return 0;
  return Math.min(
    most,
    [image.config, ...image.layers].reduce((sum, { size }) => sum + size, 0),
  );
}

export function viewDescriptor(descriptor: Descriptor): CatalogDescriptor {
  const { mediaType, digest, size, artifactType, annotations, platform } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType && { artifactType }),
    ...(platform && { platform: formatPlatform(platform) }),
    ...(annotations && { annotations: { ...annotations } }),
  };
}

/**
 * Lays history and layers side by side: entries that made no layer stand between, in their order. A history that does not
 * fit the layers (squashed images, other builders) is not guessed at: then layers stand alone.
 */
function matchLayers(layers: readonly Descriptor[], history: readonly HistoryEntry[]): CatalogLayer[] {
  const plain = layers.map((layer) => ({ ...viewDescriptor(layer), empty: false }));
  if (history.filter((entry) => !entry.empty).length !== layers.length) return plain;
  const rest = plain.values();
  return history.map(({ command, createdAt, empty }) => ({
    ...((empty ? undefined : rest.next().value) ?? { mediaType: '', digest: '', size: 0 }),
    ...(command !== undefined && { command }),
    ...(createdAt !== undefined && { createdAt }),
    empty,
  }));
}
