import { RegistryError } from '../../core/errors.ts';
import type { Deletable } from '../../oci/index.ts';
import { type AwsService, listError } from '../../provider/identity/aws-errors.ts';
import { deletionRefused } from '../shared/deleting.ts';

export const deleteOperation = 'BatchDeleteImage';

/** What `BatchDeleteImage` calls an image: by its tag, the tag alone goes, and the image with its last one; by its digest, all of it. */
export function imageIdOf(what: Deletable): { imageTag: string } | { imageDigest: string } {
  return 'tag' in what ? { imageTag: what.tag } : { imageDigest: what.digest };
}

/** An entry of an answer's `failures`, whose status is 200 all the same. */
export interface ImageFailure {
  failureCode?: string | null;
  failureReason?: string | null;
}

/** @throws RegistryError for the first of an answer's failures */
export function refuseFailures(
  failures: readonly ImageFailure[] | null | undefined,
  { service, url }: { service: AwsService; url: string },
) {
  const [failed] = failures ?? [];
  if (!failed) return;
  const awsCode = (failed.failureCode ?? 'a failure without a code').slice(0, 64);
  const reason = (failed.failureReason ?? '')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
  const help = awsCode === 'ImageReferencedByManifestList' ? 'An image index needs it: delete the index first.' : undefined;
  throw new RegistryError(`${service} did not delete it: ${awsCode}${reason === '' ? '' : ` (${reason.replace(/\.$/, '')})`}.`, {
    code: awsCode === 'ImageNotFound' ? 'registry_not_found' : 'registry_unexpected_status',
    method: 'POST',
    url,
    retry: 'never',
    context: { service, awsCode, ...(help !== undefined && { help }) },
  });
}

/** An exception of the deletion, as Tagboat's error. */
export function deletionError(error: unknown, action: string, { service, url }: { service: AwsService; url: string }): unknown {
  return deletionRefused(listError(error, deleteOperation, url, service), `The policy of the AWS identity has to allow ${action}.`);
}
