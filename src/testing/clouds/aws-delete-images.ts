import type { CloudContent } from './content.ts';
import { AwsRefusal } from './sigv4.ts';

export interface ImageId {
  imageTag?: string;
  imageDigest?: string;
}

/** At most so many images a call (Amazon ECR API reference, BatchDeleteImage). */
const most = 100;

/**
 * `BatchDeleteImage`: by tag the tag goes, by digest the image with all of its tags; what cannot be deleted is told in `failures`.
 *
 * @param parts digests that an image index of the repository needs
 */
export function deleteImages(
  content: CloudContent,
  repository: string,
  imageIds: readonly ImageId[] | undefined,
  parts: ReadonlySet<string>,
) {
  if (!imageIds || imageIds.length === 0 || imageIds.length > most)
    throw new AwsRefusal('InvalidParameterException', "Invalid parameter at 'imageIds' failed to satisfy constraint");
  const failures: unknown[] = [];
  const deleted: ImageId[] = [];
  for (const imageId of imageIds) {
    const { imageTag, imageDigest } = imageId;
    const failed = (failureCode: string, failureReason: string) => failures.push({ imageId, failureCode, failureReason });
    if (imageTag === undefined && imageDigest === undefined) failed('MissingDigestAndTag', 'Image ID must have a digest or a tag');
    else if (imageDigest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(imageDigest))
      failed('InvalidImageDigest', 'Invalid request parameters: image digest should satisfy the regex');
    else if (imageDigest !== undefined && parts.has(imageDigest))
      failed('ImageReferencedByManifestList', 'Requested image referenced by manifest list: [sha256:00]');
    else if (content.remove(repository, imageDigest === undefined ? { tag: imageTag ?? '' } : { digest: imageDigest }))
      deleted.push(imageId);
    else failed('ImageNotFound', 'Requested image not found');
  }
  return { imageIds: deleted, failures };
}
