import { artifactTitle, kindOf } from './artifact-kinds.ts';
import { isComplete } from './tag-details.ts';
import type { TagEntry, TagListing } from './tag-listing.ts';
import { type CatalogTag, isoTime } from './types.ts';

/** A tag as the API shows it. */
export function presentTag({ tag, digestTag }: TagEntry, listing: TagListing): CatalogTag {
  const { name, digest, mediaType, artifactType, size, platforms } = tag;
  const title = digestTag?.title ?? artifactTitle(artifactType);
  const pushedAt = isoTime(tag.pushedAt);
  const createdAt = isoTime(tag.createdAt);
  const attached = digest === undefined ? [] : listing.attachedTo(digest);
  return {
    name,
    ...(digest !== undefined && { digest }),
    ...(mediaType !== undefined && { mediaType }),
    kind: digestTag ? 'artifact' : kindOf(mediaType, artifactType),
    ...(artifactType !== undefined && { artifactType }),
    ...(title !== undefined && { artifactTitle: title }),
    ...(pushedAt && { pushedAt }),
    ...(createdAt && { createdAt }),
    ...(size !== undefined && { size }),
    ...(platforms && { platforms: [...platforms] }),
    complete: isComplete(tag),
    ...(digestTag?.subject !== undefined && { subject: digestTag.subject }),
    ...(attached.length > 0 && { attached: [...attached] }),
  };
}
