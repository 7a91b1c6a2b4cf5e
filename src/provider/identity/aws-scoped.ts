import { CredentialError } from '../../core/errors.ts';
import type { ProviderResponse } from '../http.ts';
import { type AwsContext, type AwsIdentity, awsIdentity, type AwsLogin, assumeRole, stsUrl } from './aws.ts';
import { AwsException, callAws } from './aws-call.ts';
import { codeOf, issueError } from './aws-errors.ts';

/** What a session may do at most, and for how long. */
export interface AwsSessionScope {
  /** Session policy, JSON. What the identity's own policies do not allow it does not allow either. */
  policy: string;
  seconds: number;
}

/** AWS takes no more of a session policy (plain text). */
export const maxPolicyLength = 2048;
const shortest = 900;
/** Roles allow this without being changed, and roles assumed by roles no more. */
const longestOfRole = 3600;
const longestOfUser = 12 * 3600;

/**
 * Temporary keys that can do no more than the scope: of the role that the login assumes (`AssumeRole` with a session policy), or of the
 * user whose key it has (`GetFederationToken`). Undefined where AWS has no way: for keys that are temporary themselves, for the machine's own
 * role, for policies that are too long, and for users whose policies do not allow sts:GetFederationToken.
 *
 * @throws CredentialError, TransportError
 */
export async function awsScopedIdentity(ctx: AwsContext, login: AwsLogin, scope: AwsSessionScope): Promise<AwsIdentity | undefined> {
  const { key, assume, region, stsEndpoint } = login;
  const { policy } = scope;
  if (policy.length > maxPolicyLength) return undefined;
  if (assume) {
    const base = await awsIdentity(ctx, { region, stsEndpoint, ...(key && { key }) });
    return assumeRole(ctx, login, base, { ...assume, policy, seconds: within(scope.seconds, longestOfRole) });
  }
  if (!key || key.sessionToken !== undefined) return undefined;
  try {
    return await federate(ctx, login, policy, within(scope.seconds, longestOfUser));
  } catch (error) {
    if (error instanceof AwsException && codeOf(error) === 'AccessDenied') return undefined;
    throw issueError(error, 'AWS STS');
  }
}

function within(seconds: number, longest: number): number {
  return Math.min(longest, Math.max(shortest, Math.ceil(seconds)));
}

/** AWS STS API reference, GetFederationToken: the query protocol, answered in XML. */
async function federate(ctx: AwsContext, login: AwsLogin, policy: string, seconds: number): Promise<AwsIdentity> {
  const url = stsUrl(login);
  const form = new URLSearchParams({
    Action: 'GetFederationToken',
    Version: '2011-06-15',
    Name: 'tagboat',
    DurationSeconds: String(seconds),
    Policy: policy,
  });
  const text = await callAws(
    ctx,
    {
      service: 'AWS STS',
      signingName: 'sts',
      region: login.region,
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: form.toString(),
      identity: () => awsIdentity(ctx, login),
    },
    refusalOf,
  );
  const [accessKeyId, secretAccessKey, sessionToken, end] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) =>
    element(text, name),
  );
  const expiration = new Date(end ?? '');
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiration.getTime())) {
    throw new CredentialError('AWS STS answered GetFederationToken without keys.', {
      code: 'credential_unavailable',
      context: { service: 'AWS STS' },
    });
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}

function refusalOf(answer: ProviderResponse): AwsException {
  const text = answer.text.slice(0, 10_000);
  return new AwsException(element(text, 'Code') ?? `status ${answer.status}`, element(text, 'Message') ?? '', answer);
}

/** Text of the first element of that name, which holds text alone. */
function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  const end = start === -1 ? -1 : xml.indexOf('<', start + 1);
  return end === -1 ? undefined : xml.slice(start + name.length + 2, end).trim();
}
