import { CredentialError, RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';

/** The AWS service that was called. */
export type AwsService = 'Amazon ECR' | 'Amazon ECR Public' | 'AWS STS' | 'AWS credentials';

/** What every exception of the AWS SDK has. */
interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number; requestId?: string; clockSkewCorrected?: boolean };
  $fault?: 'client' | 'server';
}

const throttles = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'LimitExceededException',
]);

/** AWS' codes that mean one thing, by the name that is explained below. ECR (JSON) and STS (query) differ. */
const sameAs: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  ExpiredTokenException: 'ExpiredToken',
  AccessDeniedException: 'AccessDenied',
  RequestTimeTooSkewed: 'RequestExpired',
  InvalidIdentityTokenException: 'InvalidIdentityToken',
  ExpiredTokenError: 'ExpiredToken',
};

export function isThrottle(error: unknown): boolean {
  return error instanceof Error && throttles.has(error.name);
}

/** Whether the SDK has learned from this refusal that the clock is wrong, and will sign the next call by AWS' time. */
export function isClockCorrected(error: unknown): boolean {
  return error instanceof Error && (error as SdkError).$metadata?.clockSkewCorrected === true;
}

/** The code of an AWS exception, one name for what ECR and STS call differently. */
function codeOf(error: Error): string {
  const code = error.name.replace(/^.*#/, '');
  // AWS says "Signature expired: … is now earlier than …" under the code of a wrong signature.
  if (/signature (?:expired|not yet current)/i.test(error.message)) return 'RequestExpired';
  return sameAs[code] ?? code;
}

/** An exception met while a credential is issued, as Tagboat's error. What is Tagboat's already stays what it is. */
export function issueError(error: unknown, service: AwsService): Error {
  if (error instanceof TagboatError || isAbort(error)) return error as Error;
  if (!(error instanceof Error)) return new CredentialError(`${service} could not be used.`, { code: 'credential_unavailable' });
  const awsCode = codeOf(error);
  const status = (error as SdkError).$metadata?.httpStatusCode;
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return new CredentialError(
      'This machine offers no AWS credentials: neither the environment, nor AWS profiles, nor a role of its container or instance.',
      {
        code: 'credential_unavailable',
        fault: 'hub',
        cause: harmless(error),
        context: { service, awsCode: 'NoCredentials' },
      },
    );
  }
  const code = throttles.has(error.name) || (status ?? 0) >= 500 ? 'credential_unavailable' : 'credential_refused';
  return new CredentialError(`${service} refused to issue a credential: ${awsCode}${sentence(error.message)}`, {
    code,
    cause: harmless(error),
    context: { service, awsCode, status, action: actionOf(error.message) },
  });
}

/** An exception met while a listing is read. */
export function listError(error: unknown, operation: string, url: string, service: AwsService = 'Amazon ECR'): Error {
  if (error instanceof TagboatError || isAbort(error) || !(error instanceof Error)) return error as Error;
  const awsCode = codeOf(error);
  const status = (error as SdkError).$metadata?.httpStatusCode;
  const code = throttles.has(error.name)
    ? 'registry_rate_limited'
    : awsCode === 'RepositoryNotFoundException'
      ? 'registry_not_found'
      : awsCode === 'AccessDenied'
        ? 'registry_denied'
        : ['ExpiredToken', 'InvalidClientTokenId', 'SignatureDoesNotMatch', 'RequestExpired'].includes(awsCode)
          ? 'registry_unauthorized'
          : (status ?? 0) >= 500
            ? 'registry_unavailable'
            : 'registry_unexpected_status';
  return new RegistryError(`${service} refused ${operation}: ${awsCode}${sentence(error.message)}`, {
    code,
    method: 'POST',
    url,
    status,
    cause: harmless(error),
    retry: code === 'registry_rate_limited' ? 'backoff' : undefined,
    context: { service, awsCode, action: actionOf(error.message) },
  });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/**
 * AWS' own words, in one bounded line. AWS explains a wrong signature by the canonical request, after a blank line; it
 * holds the session token, so nothing but the first line goes any further.
 */
function firstLine(message: string): string {
  const line = (message.split(/\n/, 1)[0] ?? '').replace(/\p{Cc}+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function sentence(message: string): string {
  const line = firstLine(message);
  return line === '' || line === 'UnknownError' ? '.' : ` (${line.replace(/\.$/, '')}).`;
}

/** What may be kept of an exception of the SDK as a cause: its name, its first line and the request's id. */
function harmless(error: Error): Error {
  const { $metadata } = error as SdkError;
  const kept = new Error(firstLine(error.message));
  kept.name = error.name;
  return Object.assign(kept, { requestId: $metadata?.requestId });
}

/** The action that a policy lacks: "… is not authorized to perform: ecr:DescribeRepositories on resource …". */
function actionOf(message: string): string | undefined {
  return /not authorized to perform: ([a-z0-9-]{1,30}:[A-Za-z]{1,60})/.exec(message)?.[1];
}

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
