import type { Clock } from '../../core/clock.ts';
import type { AwsAccounts, TemporaryKey } from './aws-accounts.ts';
import type { Answer, Call } from './serve.ts';
import { AwsRefusal, verify } from './sigv4.ts';

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';
/** What the query protocol calls the refusals that JSON services name otherwise. */
const queryCodes: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  ExpiredTokenException: 'ExpiredToken',
};

/** AWS STS: AssumeRole and GetFederationToken (signed) and AssumeRoleWithWebIdentity (not signed), by the query protocol. */
export function answerSts(call: Call, { accounts, clock, region }: { accounts: AwsAccounts; clock: Clock; region: string }): Answer {
  const form = new URLSearchParams(call.body);
  const headers = { 'content-type': 'text/xml', date: new Date(clock.now()).toUTCString() };
  const action = form.get('Action') ?? '';
  try {
    if (form.get('Version') !== '2011-06-15') throw new AwsRefusal('NoSuchVersion', 'The requested version is not supported.');
    const lifetime = Number(form.get('DurationSeconds') ?? 3600);
    const session = form.get(action === 'GetFederationToken' ? 'Name' : 'RoleSessionName') ?? '';
    if (!/^[\w+=,.@-]{2,32}$/.test(session))
      throw new AwsRefusal('ValidationError', "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint");
    if (lifetime < 900 || lifetime > (action === 'GetFederationToken' ? 129_600 : 43_200))
      throw new AwsRefusal('ValidationError', "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint");
    const roleArn = form.get('RoleArn') ?? '';
    const policy = form.get('Policy');
    const signer = () =>
      accounts.principalOf(verify(call, { service: 'sts', region, now: clock.now(), keyOf: (id) => accounts.keyOf(id) }));
    const key =
      action === 'AssumeRole'
        ? accounts.assume(signer(), roleArn, { session, externalId: form.get('ExternalId'), lifetime, policy })
        : action === 'AssumeRoleWithWebIdentity'
          ? accounts.assumeWithWebIdentity(roleArn, session, form.get('WebIdentityToken') ?? '', lifetime)
          : action === 'GetFederationToken'
            ? accounts.federate(signer(), session, policy, lifetime)
            : undefined;
    if (!key) throw new AwsRefusal('InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
    return { status: 200, headers, body: assumed(action, key) };
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    const code = queryCodes[error.code] ?? error.code;
    const status = ['InvalidClientTokenId', 'SignatureDoesNotMatch', 'MissingAuthenticationToken', 'ExpiredToken', 'AccessDenied'].includes(
      code,
    )
      ? 403
      : error.status;
    return {
      status,
      headers,
      body: `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(error.message)}</Message></Error><RequestId>01234567-0123-0123-0123-012345678901</RequestId></ErrorResponse>`,
    };
  }
}

function assumed(action: string, key: TemporaryKey): string {
  const credentials = `<Credentials><AccessKeyId>${key.accessKeyId}</AccessKeyId><SecretAccessKey>${key.secretAccessKey}</SecretAccessKey><SessionToken>${key.sessionToken}</SessionToken><Expiration>${new Date(key.expiresAt).toISOString()}</Expiration></Credentials>`;
  const user = `<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:tagboat</AssumedRoleId><Arn>${key.principal.arn}</Arn></AssumedRoleUser>`;
  return `<${action}Response xmlns="${namespace}"><${action}Result>${credentials}${user}</${action}Result><ResponseMetadata><RequestId>01234567-0123-0123-0123-012345678901</RequestId></ResponseMetadata></${action}Response>`;
}

function escape(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
