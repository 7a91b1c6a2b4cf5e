import { z } from 'zod';
import { CredentialError, TagboatError } from '../../core/errors.ts';
import { type CallFacts, readJson } from '../api.ts';
import type { ProviderContext } from '../define.ts';
import { endpointOf } from '../endpoint.ts';
import type { ProviderHttp, ProviderRequest } from '../http.ts';
import { metadataHttp } from './metadata-http.ts';
import { readTokenFile } from './token-file.ts';

export type AzureCloud = 'global' | 'china' | 'us-government';

/** Authorities of Microsoft Entra ID by cloud, and the Azure Instance Metadata Service. */
export const azureEndpoints = {
  login: 'https://login.microsoftonline.com',
  'login-china': 'https://login.chinacloudapi.cn',
  'login-us-government': 'https://login.microsoftonline.us',
  metadata: 'http://169.254.169.254',
};

const authorities: Readonly<Record<AzureCloud, keyof typeof azureEndpoints>> = {
  global: 'login',
  china: 'login-china',
  'us-government': 'login-us-government',
};

/** What a token is for. */
export interface EntraAudience {
  cloud: AzureCloud;
  /** Resource, e.g. `https://vault.azure.net`. */
  audience: string;
}

export type EntraSignIn =
  | { method: 'service-principal'; clientId: string; clientSecret: string; tenantId: string }
  | { method: 'managed-identity'; clientId?: string }
  | { method: 'workload-identity'; clientId?: string; tenantId?: string }
  /** The token of somebody else's service account; nothing of this machine. */
  | { method: 'assertion'; clientId: string; tenantId: string; assertion: string };

export type EntraContext = Pick<ProviderContext, 'http' | 'clock' | 'signal' | 'endpoints'>;

const service = 'Microsoft Entra ID';
const tokenFile = 'AZURE_FEDERATED_TOKEN_FILE';
const maxTokenBytes = 64 * 1024;
const answer = z.object({ access_token: z.string().min(1).max(maxTokenBytes) });
const failure = z.object({
  error: z.string().nullish().catch(undefined),
  error_codes: z.array(z.number()).nullish().catch(undefined),
  error_description: z.string().nullish().catch(undefined),
});

/**
 * An access token of Microsoft Entra ID.
 *
 * @throws CredentialError `credential_refused` with Entra's number as `entraCode` in its context, `credential_unavailable` when this
 * machine has no identity; TransportError
 */
export function entraToken(ctx: EntraContext, target: EntraAudience, signIn: EntraSignIn): Promise<string> {
  switch (signIn.method) {
    case 'service-principal':
      return grant(ctx, target, signIn.tenantId, { client_id: signIn.clientId, client_secret: signIn.clientSecret });
    case 'assertion':
      return byAssertion(ctx, target, signIn);
    case 'workload-identity':
      return federated(ctx, target, signIn);
    case 'managed-identity':
      return managed(ctx, target, signIn.clientId);
  }
}

/** The client credentials grant (RFC 6749 section 4.4), by secret or by assertion (RFC 7523). */
async function grant(
  ctx: EntraContext,
  { cloud, audience }: EntraAudience,
  tenant: string,
  proof: Readonly<Record<string, string>>,
): Promise<string> {
  const authority = endpointOf({ id: 'azure', endpoints: azureEndpoints }, ctx, authorities[cloud]);
  const url = new URL(`${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`);
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...proof, scope: `${audience}/.default` });
  return ask(ctx.http, url, ctx, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    idempotent: true,
  });
}

/** AKS workload identity: the pod's service account token, which its webhook mounts and names in these variables. */
async function federated(ctx: EntraContext, target: EntraAudience, signIn: { clientId?: string; tenantId?: string }): Promise<string> {
  const clientId = signIn.clientId ?? process.env['AZURE_CLIENT_ID'];
  const tenantId = signIn.tenantId ?? process.env['AZURE_TENANT_ID'];
  const path = process.env[tokenFile];
  const missing = [!path && tokenFile, !clientId && 'AZURE_CLIENT_ID', !tenantId && 'AZURE_TENANT_ID'].filter(
    (name) => typeof name === 'string',
  );
  if (!path || !clientId || !tenantId) {
    throw unavailable(`This hub has no workload identity: its environment lacks ${missing.join(', ')}.`);
  }
  return byAssertion(ctx, target, { clientId, tenantId, assertion: await readTokenFile(tokenFile) });
}

function byAssertion(
  ctx: EntraContext,
  target: EntraAudience,
  { clientId, tenantId, assertion }: { clientId: string; tenantId: string; assertion: string },
): Promise<string> {
  return grant(ctx, target, tenantId, {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
}

/** The identity of a virtual machine (IMDS), or of App Service and Container Apps, which have an endpoint of their own. */
async function managed(ctx: EntraContext, { audience }: EntraAudience, clientId?: string): Promise<string> {
  const endpoint = process.env['IDENTITY_ENDPOINT'];
  const header = process.env['IDENTITY_HEADER'];
  const own = endpoint !== undefined && header !== undefined;
  const url = new URL(
    own ? endpoint : `${endpointOf({ id: 'azure', endpoints: azureEndpoints }, ctx, 'metadata')}/metadata/identity/oauth2/token`,
  );
  url.searchParams.set('api-version', own ? '2019-08-01' : '2018-02-01');
  url.searchParams.set('resource', audience);
  if (clientId !== undefined) url.searchParams.set('client_id', clientId);
  return ask(metadataHttp, url, ctx, { headers: own ? { 'x-identity-header': header } : { metadata: 'true' } });
}

async function ask(http: ProviderHttp, url: URL, ctx: EntraContext, request: ProviderRequest): Promise<string> {
  const facts: CallFacts = { service, method: request.method ?? 'GET', url };
  const response = await http.send(url, { ...request, maxBytes: maxTokenBytes, signal: ctx.signal }).catch((error: unknown) => {
    const nobody = http === metadataHttp && error instanceof TagboatError && error.context['metadata'] === true;
    throw nobody ? unavailable(error.message) : error;
  });
  if (response.status === 200) return readJson(facts, response.text, answer).access_token;
  throw refusal(facts, response.status, response.text);
}

function refusal({ url }: CallFacts, status: number, text: string): CredentialError {
  let said: z.output<typeof failure> = {};
  try {
    said = failure.parse(JSON.parse(text));
  } catch {
    // A page of a proxy, for example: the status says enough.
  }
  // The description holds the numbers as well, where the list is missing (IMDS); more of it is not shown, it may repeat what was sent.
  const entraCode = said.error_codes?.[0] ?? Number(/\bAADSTS(\d{4,8})\b/.exec(said.error_description?.slice(0, 2000) ?? '')?.[1] ?? 0);
  const name = /^[a-z_]{1,64}$/.exec(said.error ?? '')?.[0];
  const words = [entraCode > 0 && `AADSTS${entraCode}`, name].filter((word) => typeof word === 'string').join(', ');
  return new CredentialError(`${service} (${url.host}) refused to issue a token (${status}${words === '' ? '' : `: ${words}`}).`, {
    code: status === 429 || status >= 500 ? 'credential_unavailable' : 'credential_refused',
    context: { service, status, ...(entraCode > 0 && { entraCode }) },
  });
}

function unavailable(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_unavailable', context: { service } });
}
