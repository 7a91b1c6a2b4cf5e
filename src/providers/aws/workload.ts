import { CredentialError } from '../../core/errors.ts';
import type { Workload } from '../../provider/define.ts';
import { type AwsContext, type AwsIdentity, type AwsLogin, webIdentity } from '../../provider/identity/aws.ts';

/** The one of AWS' own kubelet credential provider first, then the one of pods' roles (IRSA). */
const roleAnnotations = ['eks.amazonaws.com/ecr-role-arn', 'eks.amazonaws.com/role-arn'];

/** A role's ARN. (IAM user guide, "IAM identifiers".) */
export const roleArnForm = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;

/**
 * Keys of the role that a service account's annotations name, by its token alone. Undefined when they name none.
 *
 * @throws CredentialError
 */
export async function workloadIdentity(
  ctx: AwsContext,
  where: Pick<AwsLogin, 'region' | 'stsEndpoint'>,
  { token, annotations }: Workload,
): Promise<AwsIdentity | undefined> {
  const name = roleAnnotations.find((annotation) => annotations[annotation]);
  const roleArn = annotations[name ?? ''];
  if (name === undefined || roleArn === undefined) return undefined;
  if (!roleArnForm.test(roleArn)) {
    throw new CredentialError(`The annotation ${name} of the service account is not a role ARN like arn:aws:iam::123456789012:role/pull.`, {
      code: 'credential_refused',
      context: { service: 'AWS STS' },
    });
  }
  return webIdentity(ctx, where, { roleArn, token });
}
