import { TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';
import { factOf } from '../../provider/fact.ts';

/** Alibaba's usual refusals, in the words of the form. */
export function explainAcr(error: unknown, signIn: string): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const host = factOf(error, 'host');
  if (error.code === 'dns_not_found' && /^(?:cr|cr-vpc|sts)\./.test(host))
    return {
      message: `Alibaba Cloud has no such API host as ${host}.`,
      help: 'Check the region: it is spelled like cn-hangzhou.',
      field: 'fields.region',
    };
  const code = factOf(error, 'alibabaCode');
  if (code !== '') {
    const explained = explainCode(code, factOf(error, 'action'), signIn);
    if (explained) return explained;
  }
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      return signIn === 'password'
        ? {
            message: 'The registry refused this username and password.',
            help: 'The password is that of the registry, set under Access Credential in the Container Registry console for each instance and region, not that of the account. The username of a RAM user is user@alias.',
            field: 'fields.password',
          }
        : {
            message: 'The registry refused the temporary password that Alibaba Cloud issued.',
            help: 'Check that the address and the instance belong together, and that the identity may pull (cr:PullRepository).',
            field: signIn === 'access-key' ? 'fields.accessKeyId' : 'signIn',
          };
    case 'registry_denied':
      return {
        message: 'Alibaba Cloud refuses this to the identity.',
        help: 'Its RAM policy needs cr:PullRepository on the repository. An Enterprise instance may also keep this machine out: look at its access control for public and VPC networks.',
      };
    case 'registry_not_found':
      return {
        message: 'There is no such instance, namespace or repository in this region, or the identity may not see it.',
        help: 'Check region and namespace. A namespace has to be created before the first push.',
        field: 'namespace',
      };
    case 'registry_rate_limited':
      return {
        message: 'Alibaba Cloud wants fewer calls from this account.',
        help: 'It passes within seconds. Set “requests per second” of this registry lower if it comes back.',
      };
    default:
      return undefined;
  }
}

function explainCode(code: string, action: string, signIn: string): Explanation | undefined {
  const byKey = signIn === 'access-key';
  if (code === 'NoCredentials')
    return {
      message: 'The machine that Tagboat runs on has no RAM role.',
      help: 'Attach a RAM role to the ECS instance, or on ACK turn on RRSA and annotate the pod’s service account. Or sign in with an AccessKey.',
      field: 'signIn',
    };
  if (code === 'OidcRefused')
    return {
      message: 'Alibaba Cloud does not give this pod the role of its service account.',
      help: 'Check that RRSA is on for the cluster, and in the role’s trust policy the OIDC provider, the audience sts.aliyuncs.com, and namespace and name of the service account.',
      field: 'signIn',
    };
  if (code.startsWith('InvalidAccessKey'))
    return {
      message: byKey
        ? 'Alibaba Cloud does not know this AccessKey ID, or it is disabled.'
        : 'Alibaba Cloud does not know the key of this machine’s role.',
      help: 'Look at the key in the RAM console. Keys of the finance and government clouds are known there only.',
      field: byKey ? 'fields.accessKeyId' : 'signIn',
    };
  if (/^(?:SignatureDoesNotMatch|IncompleteSignature)/.test(code))
    return {
      message: 'The AccessKey secret does not belong to this AccessKey ID.',
      help: 'Paste both again: they may be swapped, cut off, or of two different keys. A secret is shown once; if it is lost, make a new key.',
      field: byKey ? 'fields.accessKeySecret' : 'signIn',
    };
  if (/^(?:InvalidSecurityToken|MissingSecurityToken)/.test(code))
    return {
      message: 'The security token is wrong, or the temporary key has ended.',
      help: 'Paste a new AccessKey ID, secret and security token, or choose a way of signing in that renews itself.',
      field: byKey ? 'fields.securityToken' : 'signIn',
    };
  if (/^(?:InvalidTimeStamp|IllegalTimestamp)/i.test(code))
    return {
      message: 'Alibaba Cloud refuses the signature because of its time: the clock of the machine that Tagboat runs on is wrong.',
      help: 'Set its clock, best by NTP. Alibaba Cloud accepts a difference of 15 minutes.',
      field: 'signIn',
    };
  if (/^(?:NoPermission|Forbidden|Unauthorized|USER_NOT_AUTHORIZED)/i.test(code))
    return {
      message: `This identity may not call ${action}.`,
      help: `Attach a RAM policy that allows cr:${action}; AliyunContainerRegistryReadOnlyAccess holds what reading needs.`,
      field: byKey ? 'fields.accessKeyId' : 'signIn',
    };
  if (/INSTANCE_NOT_EXIST/.test(code))
    return {
      message: 'Alibaba Cloud has no such instance in this region, or the identity may not see it.',
      help: 'Check instance ID and region.',
      field: byKey ? 'fields.instanceId' : 'url',
    };
  return undefined;
}
