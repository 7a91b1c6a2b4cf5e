import { RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';
import { actionOf, type AwsService } from '../../provider/identity/aws-errors.ts';

/** AWS' usual refusals, in the words of the form. */
export function explainAws(error: unknown, signIn: string): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const context = error.context as { awsCode?: string; service?: AwsService; action?: string; host?: string };
  if (error.code === 'dns_not_found' && /^(?:api\.)?ecr|^sts\./.test(context.host ?? '')) {
    return {
      message: `AWS has no such API host as ${context.host}.`,
      help: 'Check the region: it is spelled like eu-west-1.',
      field: 'fields.region',
    };
  }
  const action = context.action ?? actionOf(registryWords(error));
  const byKey = signIn !== 'role';
  switch (context.awsCode ?? codeOfRegistry(error)) {
    case 'NoCredentials':
      return {
        message: 'The machine that Tagboat runs on has no AWS role.',
        help: 'Attach an instance profile, an ECS task role or an EKS service account role (IRSA or Pod Identity) to it. In a pod, check that the instance metadata hop limit allows pods. Or sign in with an access key.',
        field: 'signIn',
      };
    case 'InvalidClientTokenId':
      return byKey
        ? {
            message: 'AWS does not know this access key ID, or it is of a temporary key whose session token is missing.',
            help: 'Check that the key exists and is active (IAM → Users → Security credentials), and that it belongs to the partition of this region: keys of China and GovCloud are their own. Keys that begin with ASIA need the session token as well.',
            field: 'fields.accessKeyId',
          }
        : {
            message: 'AWS does not know the credentials of this machine.',
            help: 'Look at the role of the machine and at AWS_* variables of the Tagboat process.',
            field: 'signIn',
          };
    case 'SignatureDoesNotMatch':
      return {
        message: 'The secret access key does not belong to this access key ID.',
        help: 'Paste both again: they may be swapped, cut off, or of two different keys. AWS shows a secret access key only once; if it is lost, make a new key.',
        field: byKey ? 'fields.secretAccessKey' : 'signIn',
      };
    case 'WrongRegion':
      return {
        message: 'What answers there is AWS in another region than this one.',
        help: 'Compare the region with the endpoints that are entered under “Advanced”: each serves one region.',
        field: 'fields.region',
      };
    case 'RequestExpired':
      return {
        message: 'AWS refuses the signature because of its time: the clock of the machine that Tagboat runs on is wrong.',
        help: 'Set its clock, best by NTP. AWS accepts a difference of five minutes.',
      };
    case 'ExpiredToken':
      return {
        message: 'These temporary AWS credentials have ended.',
        help: 'Paste a new access key ID, secret access key and session token, or choose a way of signing in that renews itself: this machine’s own role, or a key that does not end.',
        field: byKey ? 'fields.sessionToken' : 'signIn',
      };
    case 'InvalidIdentityToken':
      return {
        message: 'AWS does not trust the identity token of this pod’s service account.',
        help: 'Check that the IAM OIDC provider of the cluster exists, that the token’s audience is sts.amazonaws.com, and the namespace and name in the role’s trust policy.',
        field: 'signIn',
      };
    case 'PasswordExpired':
      return {
        message: 'The twelve hours of this password are over.',
        help: 'Tagboat asks for a new one by itself; if it cannot, the step before says why.',
      };
    case 'AccessDenied':
      return context.service === 'AWS STS'
        ? {
            message: 'AWS does not let this identity assume the role.',
            help: 'The role’s trust policy has to name this identity and, if it asks for one, this external ID; and the identity itself needs sts:AssumeRole on the role. AWS says the same when the role does not exist.',
            field: signIn === 'assume-role' ? 'fields.roleArn' : 'signIn',
          }
        : {
            message: `The AWS identity lacks the permission ${action ?? 'for this call'}.`,
            help: `Attach a policy with ${action ?? 'the missing action'}; the page of this provider shows the smallest one that suffices. ecr:GetAuthorizationToken is only granted on the resource *.`,
          };
    case 'LimitExceededException':
      return {
        message: 'The account has as many repositories in this region as AWS allows it.',
        help: 'Delete some that are not used, or have the quota raised (Service Quotas → Amazon ECR).',
      };
    case 'RepositoryNotFoundException':
      return {
        message: 'This registry has no such repository.',
        help: 'In ECR a repository has to be created before the first push. Check region and account ID too: each account has one registry a region.',
      };
    default:
      return undefined;
  }
}

/** What the registry itself, `/v2/`, refused: it has no codes of AWS, but says it in AWS' words. */
function codeOfRegistry(error: TagboatError): string | undefined {
  if (error.code !== 'registry_denied' && error.code !== 'registry_unauthorized') return undefined;
  const words = registryWords(error);
  if (/authorization token has expired/i.test(words)) return 'PasswordExpired';
  return actionOf(words) ? 'AccessDenied' : undefined;
}

function registryWords(error: TagboatError): string {
  return error instanceof RegistryError ? error.errors.map(({ message }) => message ?? '').join(' ') : '';
}
