import { TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';
import { factOf } from '../../provider/fact.ts';

/** What refuses user and password of a registry, as its edition calls them. */
export interface PasswordAdvice {
  message: string;
  help: string;
}

/** Tencent's usual refusals, in the words of the form. */
export function explainTencent(error: unknown, signIn: string, password: PasswordAdvice): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const code = factOf(error, 'tencentCode');
  if (code !== '') return explainCode(code, factOf(error, 'action'), signIn);
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      return signIn === 'api-key'
        ? {
            message: 'The registry refused the temporary password that Tencent Cloud issued for it.',
            help: 'Check that instance and address belong together, and that the instance’s public access lets this machine in.',
            field: 'fields.registryId',
          }
        : { ...password, field: 'fields.password' };
    case 'registry_denied':
      return {
        message: 'The account may not do this in that namespace.',
        help: 'Grant it in the namespace or by CAM; a service account has its own list of namespaces.',
      };
    default:
      return undefined;
  }
}

function explainCode(code: string, action: string, signIn: string): Explanation | undefined {
  if (/^AuthFailure\.(?:SecretIdNotFound|InvalidSecretId)/.test(code))
    return {
      message: 'Tencent Cloud does not know this SecretId, or it is disabled.',
      help: 'Look at the key under CAM → Access Key → API keys. Keys of the international site are known at its own API endpoint only; set it under “Advanced”.',
      field: 'fields.secretId',
    };
  if (/^AuthFailure\.(?:SignatureFailure|InvalidAuthorization)/.test(code))
    return {
      message: 'The SecretKey does not belong to this SecretId.',
      help: 'Paste both again: they may be swapped, cut off, or of two different keys. A SecretKey is shown once; if it is lost, make a new key.',
      field: 'fields.secretKey',
    };
  if (code.startsWith('AuthFailure.SignatureExpire'))
    return {
      message: 'Tencent Cloud refuses the signature because of its time: the clock of the machine that Tagboat runs on is wrong.',
      help: 'Set its clock, best by NTP. Tencent Cloud accepts a difference of five minutes.',
      field: 'signIn',
    };
  if (code.startsWith('AuthFailure.TokenFailure'))
    return {
      message: 'The session token is wrong, or the temporary key has ended.',
      help: 'Paste a new SecretId, SecretKey and session token, or use an API key that does not end.',
      field: 'fields.sessionToken',
    };
  if (/^(?:UnauthorizedOperation|AuthFailure\.UnauthorizedOperation|OperationDenied)/.test(code))
    return {
      message: `This API key may not call ${action}.`,
      help: `Attach a CAM policy that allows tcr:${action}; QcloudTCRReadOnlyAccess holds what listing needs.`,
      field: signIn === 'api-key' ? 'fields.secretId' : 'signIn',
    };
  if (/^(?:UnsupportedRegion|InvalidParameterValue\.Region|InvalidRegion)/.test(code))
    return {
      message: 'Tencent Cloud has no Container Registry in this region.',
      help: 'A region is spelled like ap-guangzhou; leave the field empty to have it found out.',
      field: 'fields.region',
    };
  if (/^(?:ResourceNotFound|InvalidParameter\.ErrorTcrResourceNotFound|InvalidParameter\.ErrorRegistryNotExist)/.test(code))
    return {
      message: 'Tencent Cloud has no such instance, namespace or repository, or not in this region.',
      help: 'Check instance ID, region and namespace. A namespace has to be created before the first push.',
      field: action === 'CreateInstanceToken' ? 'fields.registryId' : 'namespace',
    };
  if (/^(?:RequestLimitExceeded|LimitExceeded)/.test(code))
    return {
      message: 'Tencent Cloud wants fewer calls from this account.',
      help: 'It passes within seconds. Set “requests per second” of this registry lower if it comes back.',
    };
  return undefined;
}
