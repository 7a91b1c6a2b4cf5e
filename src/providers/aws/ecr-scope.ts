import { parseRepositoryName } from '../../oci/index.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { partitionOf } from '../../provider/identity/aws-partition.ts';

/** What pulling takes, and looking at the tags of a repository. (Amazon ECR user guide, "Actions, resources, and condition keys".) */
const reading = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage', 'ecr:ListImages'];
const writing = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage'];

/**
 * Session policy that leaves of an identity's rights the scope in one registry. The actions on repositories are checked by ECR when the
 * password is used; getting a password is granted on `*` only.
 *
 * @throws InvalidReference for a name that is none: in a policy, `*` and `$` would mean more than they say
 */
export function sessionPolicy(
  { region, account, namespace }: { region: string; account: string; namespace?: string },
  { repositories, push }: CredentialScope,
): string {
  const registry = `arn:${partitionOf(region).id}:ecr:${region}:${account}:repository`;
  const named = repositories.map((name) => `${registry}/${parseRepositoryName(name)}`);
  const all = namespace ? `${registry}/${parseRepositoryName(namespace)}/*` : `${registry}/*`;
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Effect: 'Allow',
        Action: push ? [...reading, ...writing] : reading,
        Resource: named.length > 0 ? named : [all],
      },
    ],
  });
}
