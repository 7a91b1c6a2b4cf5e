import { formatReference, type Reference } from '../oci/index.ts';
import { artifactTitle, kindOf } from './artifact-kinds.ts';
import type { ReadImage } from './image-reader.ts';
import { viewDescriptor } from './manifest-view.ts';
import { pullLines } from './pull-lines.ts';
import type { CatalogImage } from './types.ts';

/** Where an image was read. */
export interface ImagePlace {
  registryId: string;
  /** Name of the registry. */
  registry: string;
  /** What references to it begin with. */
  host: string;
  repository: string;
  tag?: string;
  /** Known tags of the same digest, without this one. */
  otherTags: string[];
}

/** An image as the API shows it. */
export function presentImage({ top, artifactType, platforms, view }: ReadImage, place: ImagePlace): CatalogImage {
  const { registryId, registry, host, repository, tag, otherTags } = place;
  const known = kindOf(top.mediaType, artifactType);
  const kind = known === 'unknown' ? 'artifact' : known;
  const annotations = (top.image ?? top.index)?.annotations;
  const title = artifactTitle(artifactType, { ...top.image?.layers[0]?.annotations, ...annotations });
  const pinned: Reference & { digest: string } = { registry: host, repository, digest: top.digest };
  return {
    registryId,
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    reference: formatReference(tag === undefined ? pinned : { registry: host, repository, tag }),
    digest: top.digest,
    mediaType: top.mediaType,
    kind,
    ...(artifactType && { artifactType }),
    ...(title && { artifactTitle: title }),
    platforms: platforms.map(viewDescriptor),
    ...(view && { manifest: view }),
    ...(annotations && { annotations: { ...annotations } }),
    pull: pullLines(pinned, kind, tag),
    otherTags,
  };
}
