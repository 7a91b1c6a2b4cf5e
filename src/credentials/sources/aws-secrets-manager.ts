import { z } from 'zod';
import type { CredentialError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { awsIdentity } from '../../provider/identity/aws.ts';
import { AwsException, callAwsJson } from '../../provider/identity/aws-call.ts';
import { codeOf, isThrottle } from '../../provider/identity/aws-errors.ts';
import { partitionOf } from '../../provider/identity/aws-partition.ts';
import type { CloudSecretDeps } from './cloud-deps.ts';
import { splitField } from './reference.ts';
import { secretValue, textOf, unreadable } from './secret-value.ts';
import { failed } from './source.ts';

export interface AwsSecretReference {
  region: string;
  /** Name or ARN. */
  id: string;
  /** Of the secret's JSON; absent: all of it. */
  field?: string;
}

const regionForm = /^[a-z]{2,6}(?:-[a-z]+){1,3}-\d{1,2}$/;
const nameForm = /^[\w/+=.@-]{1,512}$/;
const answer = z.object({ SecretString: z.string().nullish(), SecretBinary: z.base64().nullish() });

/**
 * `arn:aws:secretsmanager:<region>:<account>:secret:<name>[#field]` or `<region>/<name>[#field]`.
 *
 * @throws InvalidSettings; CredentialError for a field without a name
 */
export function parseAwsSecretReference(rest: string): AwsSecretReference {
  const { path, field } = splitField(rest);
  const withField = field !== undefined && { field };
  const arn = /^arn:(aws[a-z-]{0,20}):secretsmanager:([a-z0-9-]+):\d{12}:secret:(.+)$/.exec(path);
  if (arn) {
    const [, partition, region = '', name = ''] = arn;
    if (regionForm.test(region) && nameForm.test(name) && partitionOf(region).id === partition) return { region, id: path, ...withField };
  }
  const slash = path.indexOf('/');
  const region = path.slice(0, Math.max(slash, 0));
  const id = path.slice(slash + 1);
  if (!arn && regionForm.test(region) && nameForm.test(id)) return { region, id, ...withField };
  throw unreadable(
    'What stands behind aws-sm: has to be a region and a name, as in aws-sm:eu-west-1/prod/registry#password, or the ARN of a secret.',
  );
}

/**
 * The current value of a secret, by this machine's own identity: what AWS' SDK finds on it. (AWS Secrets Manager API reference,
 * GetSecretValue, 2017-10-17.)
 *
 * @throws CredentialError `credential_source_failed`, `credential_unavailable` when the machine has no identity; TransportError
 */
export async function readAwsSecret({ region, id, field }: AwsSecretReference, deps: CloudSecretDeps): Promise<Secret<string>> {
  const what = `the secret ${id} of AWS Secrets Manager in ${region}`;
  const { endpoints, ...ctx } = deps;
  const base = endpoints?.['secretsmanager'] ?? `https://secretsmanager.${region}.${partitionOf(region).suffix}`;
  const stsEndpoint = endpoints?.['sts'];
  const call = {
    service: 'AWS Secrets Manager' as const,
    signingName: 'secretsmanager',
    region,
    url: new URL('/', base),
    target: 'secretsmanager.GetSecretValue',
    input: { SecretId: id },
    identity: () => awsIdentity(ctx, { region, ...(stsEndpoint !== undefined && { stsEndpoint }) }),
  };
  const { SecretString: text, SecretBinary: binary } = await callAwsJson(ctx, call, answer).catch((error: unknown) => {
    throw error instanceof AwsException ? refusal(error, what) : error;
  });
  if (typeof text === 'string') return secretValue(text, field, what);
  if (typeof binary === 'string') return secretValue(textOf(Buffer.from(binary, 'base64'), what), field, what);
  throw failed(`AWS answered without a value for ${what}.`);
}

function refusal(error: AwsException, what: string): CredentialError {
  const code = codeOf(error);
  if (isThrottle(error)) return failed(`AWS wants fewer calls: ${what} was not read. It is tried again later.`);
  switch (code) {
    case 'ResourceNotFoundException':
      return failed(`There is no such secret: ${what}. Check region and name; of another account it takes the ARN.`);
    case 'AccessDenied':
      return failed(`AWS does not let this hub read ${what}. Allow its role secretsmanager:GetSecretValue on it.`);
    case 'DecryptionFailure':
      return failed(`AWS could not decrypt ${what}. Allow this hub’s role kms:Decrypt on its key, and see that the key is enabled.`);
    case 'InvalidRequestException':
      return failed(`AWS does not give out ${what}: it has no current value, or is marked for deletion. Restore it, or write a value.`);
    case 'RequestExpired':
      return failed(
        `AWS refuses the signature because of its time, and did not give ${what}. Set the clock of the hub’s machine, best by NTP.`,
      );
    default:
      return failed(`AWS refused to give ${what}: ${code}.`);
  }
}
