import { NotFound } from '../core/errors.ts';
import { type Descriptor, type Manifest, parsePlatform, selectPlatform } from '../oci/index.ts';
import { artifactTypeOfContent, isImageType } from './artifact-kinds.ts';
import { parseImageConfig } from './image-config.ts';
import { viewManifest } from './manifest-view.ts';
import type { Content, ContentSource } from './source.ts';
import { defaultImage, runnable } from './tag-details.ts';
import type { ManifestView } from './types.ts';

/** Index or image, and the image of the platform that was chosen. */
export interface ReadImage {
  top: Manifest;
  artifactType?: string;
  /** Of an index: what runs somewhere. */
  platforms: Descriptor[];
  view?: ManifestView;
}

/**
 * Reads a manifest and, below an index, the one for a platform.
 *
 * @param platform `os/arch[/variant]`; default linux/amd64 where there is one, else the first
 * @throws NotFound when the index has nothing for the platform
 */
export async function readImage(content: Content, source: ContentSource, top: Manifest, platform?: string): Promise<ReadImage> {
  const artifactType = artifactTypeOfContent(top);
  const common = { top, ...(artifactType && { artifactType }) };
  if (top.kind === 'image') return { ...common, platforms: [], view: await readView(content, source, top) };
  const platforms = runnable(top.index?.manifests ?? []);
  const child = choose(platforms, platform);
  if (!child) return { ...common, platforms };
  const manifest = await content.manifest(source, child.digest);
  if (manifest.kind === 'index') return { ...common, platforms };
  return { ...common, platforms, view: await readView(content, source, manifest) };
}

function choose(platforms: readonly Descriptor[], wanted: string | undefined): Descriptor | undefined {
  if (wanted === undefined) return defaultImage(platforms);
  const child = selectPlatform(parsePlatform(wanted), platforms);
  if (!child) throw new NotFound(`There is no image for ${wanted} in this index.`, { platform: wanted });
  return child;
}

async function readView(content: Content, source: ContentSource, manifest: Manifest): Promise<ManifestView> {
  if (!manifest.image || !isImageType(artifactTypeOfContent(manifest))) return viewManifest(manifest);
  const bytes = await content.config(source, manifest.image.config);
  return viewManifest(manifest, bytes && parseImageConfig(bytes));
}
