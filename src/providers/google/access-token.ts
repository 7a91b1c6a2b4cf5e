import { z } from 'zod';
import { CredentialError, InvalidSettings, TagboatError } from '../../core/errors.ts';
import { type CallFacts, readJson } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import type { ProviderHttp, ProviderRequest } from '../../provider/http.ts';
import { jwtClaims, signJwt } from '../../provider/signing/jwt.ts';
import { identityTokenFile, readTokenFile } from '../shared/identity-token.ts';
import { metadataHttp } from '../shared/metadata-http.ts';
import { KeyFault, readKey } from './key.ts';

export const endpoints = {
  oauth: 'https://oauth2.googleapis.com',
  sts: 'https://sts.googleapis.com',
  iam: 'https://iamcredentials.googleapis.com',
  api: 'https://artifactregistry.googleapis.com',
  /** Metadata server of Compute Engine and GKE, by its address rather than its name. */
  metadata: 'http://169.254.169.254',
};

export type GoogleSignIn =
  | { method: 'json-key'; jsonKey: string; presentAs: 'oauth2accesstoken' | '_json_key' | '_json_key_base64' }
  | { method: 'workload-identity' }
  | { method: 'federation'; workloadProvider: string; serviceAccount?: string; oidcToken?: string }
  | { method: 'anonymous' };

export interface AccessToken {
  token: string;
  issuedAt: number;
  /** Epoch milliseconds. */
  expiresAt: number;
}

export type GoogleContext = Pick<ProviderContext, 'http' | 'clock' | 'signal' | 'endpoints'>;

const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform';
/** What `aud` of the assertion has to be, wherever it is sent. */
const audience = 'https://oauth2.googleapis.com/token';
const answer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const impersonated = z.object({ accessToken: z.string().min(1), expireTime: z.string() });

/**
 * An access token of Google Cloud, good for up to an hour.
 *
 * @throws CredentialError `credential_refused` with what Google said as `googleReason` in its context, `credential_unavailable`
 */
export function accessToken(ctx: GoogleContext, signIn: Exclude<GoogleSignIn, { method: 'anonymous' }>): Promise<AccessToken> {
  switch (signIn.method) {
    case 'json-key':
      return byKey(ctx, signIn.jsonKey);
    case 'workload-identity':
      return byMetadata(ctx);
    case 'federation':
      return byFederation(ctx, signIn);
  }
}

/** The JWT bearer grant (RFC 7523) with a service account's key. */
async function byKey(ctx: GoogleContext, jsonKey: string): Promise<AccessToken> {
  const { clientEmail: iss, privateKey, keyId } = keyOf(jsonKey);
  const iat = Math.floor(ctx.clock.now() / 1000);
  const assertion = signJwt({ iss, scope: cloudPlatform, aud: audience, iat, exp: iat + 3600 }, { privateKey, keyId });
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  return ask(ctx, ctx.http, new URL(`${base(ctx, 'oauth')}/token`), 'Google’s token server', form(grant));
}

/** The key as its field holds it; what is wrong with it is shown there. */
export function keyOf(jsonKey: string): ReturnType<typeof readKey> {
  try {
    return readKey(jsonKey);
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error;
    throw new InvalidSettings(error.message, [{ field: 'fields.jsonKey', message: error.message }]);
  }
}

async function byMetadata(ctx: GoogleContext): Promise<AccessToken> {
  const url = new URL(`${base(ctx, 'metadata')}/computeMetadata/v1/instance/service-accounts/default/token`);
  const headers = { 'metadata-flavor': 'Google' };
  return ask(ctx, metadataHttp, url, 'The metadata server', { headers }).catch((error: unknown) => {
    const nobody = error instanceof TagboatError && (error.context['metadata'] === true || error.context['status'] === 404);
    throw nobody ? unavailable('This machine has no service account: no metadata server of Google Cloud answers for one.') : error;
  });
}

/** Workload identity federation: RFC 8693 at the Security Token Service, then impersonation of a service account if one is named. */
async function byFederation(
  ctx: GoogleContext,
  { workloadProvider, serviceAccount, oidcToken }: { workloadProvider: string; serviceAccount?: string; oidcToken?: string },
): Promise<AccessToken> {
  const pool = `//iam.googleapis.com/${resourceOf(workloadProvider)}`;
  const issued = await ask(
    ctx,
    ctx.http,
    new URL(`${base(ctx, 'sts')}/v1/token`),
    'Google’s Security Token Service',
    form({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: pool,
      scope: cloudPlatform,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: oidcToken ?? (await machineToken(pool)),
    }),
  );
  if (serviceAccount === undefined) return issued;
  const url = new URL(`${base(ctx, 'iam')}/v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:generateAccessToken`);
  const { text, facts } = await send(ctx, ctx.http, url, 'IAM Service Account Credentials', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${issued.token}` },
    body: JSON.stringify({ scope: [cloudPlatform] }),
    idempotent: true,
  });
  const { accessToken: token, expireTime } = readJson(facts, text, impersonated);
  const expiresAt = Date.parse(expireTime);
  return { token, issuedAt: ctx.clock.now(), expiresAt: Number.isNaN(expiresAt) ? issued.expiresAt : expiresAt };
}

/** `projects/N/locations/global/workloadIdentityPools/P/providers/X`, without what people copy before it. */
export function resourceOf(provider: string): string {
  return provider.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '');
}

/** Of this machine. Whoever may add a registry could name a pool of their own, so it goes to the one it was made for only. */
async function machineToken(pool: string): Promise<string> {
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
  return { token, issuedAt, expiresAt: issuedAt + seconds * 1000 };
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

function base(ctx: GoogleContext, name: keyof typeof endpoints): string {
  return endpointOf({ id: 'gar', endpoints }, ctx, name);
}

function unavailable(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_unavailable', context: { service: 'Google Cloud' } });
}
