import type { Deletable } from '../../oci/index.ts';
import { deletionError, imageIdOf, refuseFailures } from './deleting.ts';
import { type EcrContext, loginOf } from './login.ts';
import { openEcr } from './session.ts';

const service = 'Amazon ECR';

/**
 * Deletes a tag or an image of ECR (`BatchDeleteImage`, Amazon ECR API reference).
 *
 * @throws RegistryError `registry_denied` with the missing action in its context, `registry_not_found`, …; CredentialError
 */
export async function deleteEcrImage(ctx: EcrContext, repositoryName: string, what: Deletable): Promise<void> {
  const { BatchDeleteImageCommand } = await import('@aws-sdk/client-ecr');
  const { accountId: registryId } = ctx.settings;
  const place = { service, url: ctx.url.origin } as const;
  const { client, call } = await openEcr(ctx, loginOf(ctx));
  const command = new BatchDeleteImageCommand({ registryId, repositoryName, imageIds: [imageIdOf(what)] });
  const { failures } = await call(() => client.send(command)).catch((error: unknown) => {
    throw deletionError(error, 'ecr:BatchDeleteImage', place);
  });
  refuseFailures(failures, place);
}
