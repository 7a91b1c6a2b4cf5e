import { CredentialError, RegistryError, TagboatError } from '../../core/errors.ts';

/** The AWS service that was called. */
export type AwsService = 'Amazon ECR' | 'Amazon ECR Public' | 'AWS STS' | 'AWS credentials' | 'AWS Secrets Manager';

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
export function codeOf(error: Error): string {
  const code = error.name.replace(/^.*#/, '');
  // AWS says "Signature expired: … is now earlier than …" under the code of a wrong signature.
  if (/signature (?:expired|not yet current)/i.test(error.message)) return 'RequestExpired';
  if (/scoped to a valid region/i.test(error.message)) return 'WrongRegion';
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

/** An exception met while a registry's API is asked for anything but a credential. */
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
        : ['ExpiredToken', 'InvalidClientTokenId', 'SignatureDoesNotMatch', 'RequestExpired', 'WrongRegion'].includes(awsCode)
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
 * holds the session token, so nothing but the first line goes any further; nor do values that AWS does not take.
 */
function firstLine(message: string): string {
  const line = (message.split(/\n/, 1)[0] ?? '')
    // "1 validation error detected: Value '…' at 'webIdentityToken' failed to satisfy constraint": with all of the value.
    .replace(/Value '.*' at /, 'Value at ')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
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
export function actionOf(message: string): string | undefined {
  return /not authorized to perform: ([a-z0-9-]{1,30}:[A-Za-z]{1,60})/.exec(message)?.[1];
}
