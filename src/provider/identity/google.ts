import { z } from 'zod';
import { CredentialError, TagboatError } from '../../core/errors.ts';
import { type CallFacts, readJson } from '../api.ts';
import type { ProviderContext } from '../define.ts';
import { endpointOf } from '../endpoint.ts';
import type { ProviderHttp, ProviderRequest } from '../http.ts';
import { jwtClaims, signJwt } from '../signing/jwt.ts';
import type { ServiceAccountKey } from './google-key.ts';
import { metadataHttp } from './metadata-http.ts';
import { identityTokenFile, readTokenFile } from './token-file.ts';

export const googleEndpoints = {
  oauth: 'https://oauth2.googleapis.com',
  sts: 'https://sts.googleapis.com',
  iam: 'https://iamcredentials.googleapis.com',
  /** Metadata server of Compute Engine and GKE, by its address rather than its name. */
  metadata: 'http://169.254.169.254',
};

export interface AccessToken {
  token: string;
  issuedAt: number;
  /** Epoch milliseconds. */
  expiresAt: number;
}

export type GoogleContext = Pick<ProviderContext, 'http' | 'clock' | 'signal' | 'endpoints'>;

/** OAuth scope that leaves everything to the roles of the identity. */
export const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform';
/** What `aud` of the assertion has to be, wherever it is sent. */
const audience = 'https://oauth2.googleapis.com/token';
/** What is assumed of a token whose end is not told, seconds. */
const briefly = 60;
const answer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().min(0).nullish() });
const impersonated = z.object({ accessToken: z.string().min(1), expireTime: z.string() });

/**
 * The JWT bearer grant (RFC 7523) with a service account's key: an access token, good for up to an hour.
 *
 * @param scope OAuth scope; what the account may do beyond it the token may not
 * @throws CredentialError `credential_refused` with what Google said as `googleReason` in its context, `credential_unavailable`
 */
export async function tokenByKey(ctx: GoogleContext, key: ServiceAccountKey, scope = cloudPlatform): Promise<AccessToken> {
  const { clientEmail: iss, privateKey, keyId } = key;
  const iat = Math.floor(ctx.clock.now() / 1000);
  const assertion = signJwt({ iss, scope, aud: audience, iat, exp: iat + 3600 }, { privateKey, keyId });
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  return ask(ctx, ctx.http, new URL(`${base(ctx, 'oauth')}/token`), 'Google’s token server', form(grant));
}

/** Of the machine's own service account, by the metadata server. @throws CredentialError */
export async function tokenByMetadata(ctx: GoogleContext): Promise<AccessToken> {
  const url = new URL(`${base(ctx, 'metadata')}/computeMetadata/v1/instance/service-accounts/default/token`);
  const headers = { 'metadata-flavor': 'Google' };
  return ask(ctx, metadataHttp, url, 'The metadata server', { headers }).catch((error: unknown) => {
    const nobody = error instanceof TagboatError && (error.context['metadata'] === true || error.context['status'] === 404);
    throw nobody ? unavailable('This machine has no service account: no metadata server of Google Cloud answers for one.') : error;
  });
}

export interface Federation {
  /** `projects/N/locations/global/workloadIdentityPools/P/providers/X`, or a longer form of it. */
  workloadProvider: string;
  /** To act as; without one access was granted to the identity itself. */
  serviceAccount?: string;
  /** Identity token (JWT) that the provider trusts. */
  subjectToken: string;
}

/**
 * Workload identity federation: RFC 8693 at the Security Token Service, then impersonation of a service account if one is named.
 *
 * @throws CredentialError
 */
export async function tokenByFederation(
  ctx: GoogleContext,
  { workloadProvider, serviceAccount, subjectToken }: Federation,
  scope = cloudPlatform,
): Promise<AccessToken> {
  const issued = await ask(
    ctx,
    ctx.http,
    new URL(`${base(ctx, 'sts')}/v1/token`),
    'Google’s Security Token Service',
    form({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: poolOf(workloadProvider),
      // To act as an account takes the whole scope; the account's token then has the one that is wanted.
      scope: serviceAccount === undefined ? scope : cloudPlatform,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: subjectToken,
    }),
  );
  if (serviceAccount === undefined) return issued;
  const url = new URL(`${base(ctx, 'iam')}/v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:generateAccessToken`);
  const { text, facts } = await send(ctx, ctx.http, url, 'IAM Service Account Credentials', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${issued.token}` },
    body: JSON.stringify({ scope: [scope] }),
    idempotent: true,
  });
  const { accessToken: token, expireTime } = readJson(facts, text, impersonated);
  const expiresAt = Date.parse(expireTime);
  return { token, issuedAt: ctx.clock.now(), expiresAt: Number.isNaN(expiresAt) ? issued.expiresAt : expiresAt };
}

/** `//iam.googleapis.com/projects/…/providers/X`, whichever of its forms people copied. */
export function poolOf(provider: string): string {
  return `//iam.googleapis.com/${provider.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '')}`;
}

/**
 * The identity token of this machine. Whoever may add a registry could name a pool of their own, so it goes to the one it was made for
 * only.
 *
 * @throws CredentialError `credential_unavailable`
 */
export async function machineSubjectToken(workloadProvider: string): Promise<string> {
  const pool = poolOf(workloadProvider);
  const token = await readTokenFile(identityTokenFile);
  const aud = jwtClaims(token)?.['aud'];
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (audiences.some((one) => one === pool || one === `https:${pool}`)) return token;
  throw unavailable('The identity token of this hub is not for this workload identity provider: its audience is another.');
}

async function ask(ctx: GoogleContext, http: ProviderHttp, url: URL, service: string, request: ProviderRequest): Promise<AccessToken> {
  const issuedAt = ctx.clock.now();
  const { text, facts } = await send(ctx, http, url, service, request);
  const { access_token: token, expires_in: seconds } = readJson(facts, text, answer);
  return { token, issuedAt, expiresAt: issuedAt + (seconds || briefly) * 1000 };
}

async function send(
  ctx: GoogleContext,
  http: ProviderHttp,
  url: URL,
  service: string,
  request: ProviderRequest,
): Promise<{ text: string; facts: CallFacts }> {
  const response = await http.send(url, { ...request, maxBytes: 64 * 1024, signal: ctx.signal });
  const facts = { service, method: request.method ?? 'GET', url };
  if (response.status === 200) return { text: response.text, facts };
  const { status } = response;
  throw new CredentialError(`${service} (${url.host}) refused to issue an access token (${status}).`, {
    code: status === 429 || status >= 500 ? 'credential_unavailable' : 'credential_refused',
    context: { service, status, googleReason: reasonOf(response.text) },
  });
}

/** Which of the known reasons an answer gives. Its words are not kept: they may repeat what was sent. */
function reasonOf(text: string): string {
  const said = text.slice(0, 4000);
  if (/Invalid JWT Signature|No valid verifier|Invalid signature for token/i.test(said)) return 'signature';
  if (/reasonable timeframe|short-lived token|expired|stale to sign-in|not yet valid/i.test(said)) return 'time';
  if (/account not found|does not exist|NOT_FOUND/i.test(said)) return 'account';
  if (/getAccessToken|PERMISSION_DENIED/i.test(said)) return 'impersonation';
  if (/audience|invalid_target|issuer|attribute condition|unauthorized_client|invalid_grant/i.test(said)) return 'identity';
  return 'other';
}

function form(fields: Readonly<Record<string, string>>): ProviderRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    idempotent: true,
  };
}

function base(ctx: GoogleContext, name: keyof typeof googleEndpoints): string {
  return endpointOf({ id: 'google', endpoints: googleEndpoints }, ctx, name);
}

function unavailable(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_unavailable', context: { service: 'Google Cloud' } });
}
