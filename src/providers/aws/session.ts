import type { ECRClient } from '@aws-sdk/client-ecr';
import { type AwsContext, awsIdentity, type AwsLogin, clientConfig, patientlyAws } from '../../provider/identity/aws.ts';

export interface EcrLogin extends AwsLogin {
  /** Base URL of the ECR API; default: the region's own. */
  apiEndpoint?: string;
  fips: boolean;
  dualStack: boolean;
}

export interface Ecr {
  client: ECRClient;
  /** Sends, repeating what AWS throttles. */
  call: <R>(send: () => Promise<R>) => Promise<R>;
}

/** A client of the ECR API. It holds no connection of its own, so there is nothing to close. The SDK is loaded now, not before. */
export async function openEcr(ctx: AwsContext, login: EcrLogin): Promise<Ecr> {
  const credentials = await awsIdentity(ctx, login);
  const { ECRClient } = await import('@aws-sdk/client-ecr');
  const { region, apiEndpoint, fips, dualStack } = login;
  const endpoint = apiEndpoint ? { endpoint: apiEndpoint } : { useFipsEndpoint: fips, useDualstackEndpoint: dualStack };
  const client = new ECRClient({ ...clientConfig(ctx, region), credentials, ...endpoint });
  return { client, call: (send) => patientlyAws(ctx, send) };
}
