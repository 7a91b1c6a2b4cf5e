import { RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';
import { factOf } from '../../provider/fact.ts';

/** Huawei's usual refusals, in the words of the form. */
export function explainSwr(error: unknown, signIn: string): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const code = factOf(error, 'huaweiCode');
  const reason = factOf(error, 'reason');
  if (error.code === 'dns_not_found' && /^swr(?:-api)?\./.test(factOf(error, 'host')))
    return {
      message: `Huawei Cloud has no such host as ${factOf(error, 'host')}.`,
      help: 'Check the region: it is spelled like cn-north-4.',
      field: 'fields.region',
    };
  if (code !== '' && /x-sdk-date|timestamp|signature (?:has )?expired/i.test(reason))
    return {
      message: 'Huawei Cloud refuses the signature because of its time: the clock of the machine that Tagboat runs on is wrong.',
      help: 'Set its clock, best by NTP. Huawei Cloud accepts a difference of 15 minutes.',
      field: 'signIn',
    };
  if (/^APIGW?\.030[1-5]$/.test(code) && /\bak\b.*not (?:exist|found)|get secretkey failed/i.test(reason))
    return {
      message: 'Huawei Cloud does not know this access key, or it is disabled.',
      help: 'Look at it under My Credentials → Access Keys. Keys of the European site are known at .myhuaweicloud.eu only.',
      field: 'fields.accessKey',
    };
  if (/^APIGW?\.030[1-5]$/.test(code))
    return {
      message: 'The secret key does not belong to this access key, or the access key is disabled.',
      help: 'Paste both again: they may be swapped, cut off, or of two different keys. A secret key is shown once, in the file credentials.csv; if it is lost, make a new key.',
      field: 'fields.secretKey',
    };
  if (error instanceof RegistryError && error.status === 409 && error.url?.endsWith('/v2/manage/namespaces'))
    return {
      message: 'An organisation of this name is there in this region, and it is not yours to see.',
      help: 'Names of organisations are unique among all accounts of a region: choose another, or have its owner give this user a permission in it.',
      field: 'namespace',
    };
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      return {
        message: 'SWR refused this login.',
        help:
          signIn === 'long-term'
            ? 'The login is computed of access key and secret key: check both, and the region. Where permissions are managed by IAM alone, choose the enhanced temporary login.'
            : 'Check the access key and its permissions in SWR and IAM.',
        field: signIn === 'long-term' ? 'fields.secretKey' : 'fields.accessKey',
      };
    case 'registry_denied':
      return {
        message: 'This access key may not do that in SWR.',
        help: 'Its IAM user needs a permission in the organisation or image (Read, Edit or Manage), or an IAM policy such as SWR ReadOnlyAccess.',
        field: 'namespace',
      };
    case 'registry_not_found':
      return {
        message: 'SWR has no such organisation or image in this region, or this user may not see it.',
        help: 'Check region and organisation. An organisation has to be created before the first push; its name is unique in a region.',
        field: 'namespace',
      };
    case 'registry_rate_limited':
      return {
        message: 'Huawei Cloud wants fewer calls.',
        help: 'It passes within seconds. Set “requests per second” of this registry lower if it comes back.',
      };
    default:
      return undefined;
  }
}
