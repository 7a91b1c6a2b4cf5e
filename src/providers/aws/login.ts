import type { AssumeRole, AwsContext, AwsKey } from '../../provider/identity/aws.ts';
import { accessKey, incomplete } from './fields.ts';
import { parseEcrHost } from './hosts.ts';
import type { EcrLogin } from './session.ts';

/** What is read of the provider's context. */
export interface EcrContext extends AwsContext {
  url: URL;
  settings: { region: string; accountId?: string; apiEndpoint?: string; stsEndpoint?: string };
  signIn:
    | ({ method: 'access-key' } & AwsKey)
    | { method: 'role' }
    | ({ method: 'assume-role'; accessKeyId?: string; secretAccessKey?: string } & AssumeRole);
}

/** Where ECR and STS of the registry are called. */
export function whereOf({ url, settings }: Pick<EcrContext, 'url' | 'settings'>): EcrLogin {
  const host = parseEcrHost(url.hostname);
  const { region, apiEndpoint, stsEndpoint } = settings;
  return { region, apiEndpoint, stsEndpoint, fips: host?.fips ?? false, dualStack: host?.dualStack ?? false };
}

/** Who signs in, by the form. @throws InvalidSettings for half a key */
export function loginOf(ctx: EcrContext): EcrLogin {
  const { signIn } = ctx;
  const where = whereOf(ctx);
  switch (signIn.method) {
    case 'role':
      return where;
    case 'access-key':
      return { ...where, key: accessKey(signIn) };
    case 'assume-role': {
      const { accessKeyId, secretAccessKey, roleArn, externalId } = signIn;
      const assume = { roleArn, externalId };
      if (!accessKeyId && !secretAccessKey) return { ...where, assume };
      if (!secretAccessKey) throw incomplete('secretAccessKey', 'An access key ID needs its secret access key.');
      if (!accessKeyId) throw incomplete('accessKeyId', 'A secret access key needs its access key ID.');
      return { ...where, assume, key: { accessKeyId, secretAccessKey } };
    }
  }
}
