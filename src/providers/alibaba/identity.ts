import { open } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { CredentialError, InvalidSettings } from '../../core/errors.ts';
import { callApi } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import { issueFailure } from '../../provider/issue-failure.ts';
import { remember } from '../../provider/memory.ts';
import type { AcsKey } from '../../provider/signing/acs.ts';
import { metadataHttp } from '../../provider/identity/metadata-http.ts';
import { parseAcrHost } from './hosts.ts';

/** Services beside the registry and the region's own API. */
export const endpoints = { sts: 'https://sts.aliyuncs.com', metadata: 'http://100.100.100.200' };

// Ahead of the end, so that a page of a long listing is not signed with what ends on the way.
const reserve = 5 * 60_000;
const maxTokenFile = 64 * 1024;

export type AcrSignIn =
  | { method: 'access-key'; accessKeyId: string; accessKeySecret: string; securityToken?: string }
  | { method: 'role' }
  | { method: 'password'; username: string; password: string };

export type IdentityContext = Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints'>;

const stsKey = z.object({
  AccessKeyId: z.string().min(1),
  AccessKeySecret: z.string().min(1),
  SecurityToken: z.string().min(1),
  Expiration: z.iso.datetime(),
});

/**
 * The key to sign with: the one entered, or that of this machine's own role, remembered until shortly before its end. In a pod of ACK
 * with RRSA the role is its service account's (`ALIBABA_CLOUD_*` variables), elsewhere that of the ECS instance.
 *
 * @throws CredentialError, with `alibabaCode: 'NoCredentials'` where this machine has no role
 */
export async function acsIdentity(ctx: IdentityContext, signIn: AcrSignIn): Promise<AcsKey> {
  switch (signIn.method) {
    case 'access-key': {
      const { accessKeyId, accessKeySecret, securityToken } = signIn;
      if (accessKeyId.startsWith('STS.') && !securityToken) {
        const message = 'AccessKey IDs that begin with STS. are temporary and need their security token.';
        throw new InvalidSettings(message, [{ field: 'fields.securityToken', message }]);
      }
      return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
    }
    case 'role': {
      const web = webIdentity();
      const issue = web ? () => assumeWithOidc(ctx, web) : () => instanceRole(ctx);
      return remember(ctx, 'alibaba', [web?.roleArn, web?.providerArn, web?.tokenFile], async () => {
        const key = stsKey.parse(await issue());
        const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken } = key;
        return { value: { accessKeyId, accessKeySecret, securityToken }, until: Date.parse(key.Expiration) - reserve };
      });
    }
    case 'password':
      throw new TypeError('A password signs no calls of the API');
  }
}

/**
 * Has the role of this pod's service account given with no more than `policy` allows, for some seconds (900 to what the role allows).
 * Undefined where this is no pod with a role.
 */
export function podIdentity(ctx: IdentityContext, session: { policy: string; seconds: number }): (() => Promise<AcsKey>) | undefined {
  const web = webIdentity();
  if (!web) return undefined;
  return async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken } = stsKey.parse(await assumeWithOidc(ctx, web, session));
    return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
  };
}

/** The API at Alibaba's own hosts, public or VPC. */
const apiHost = /^cr(?:-vpc)?\.[a-z]{2,3}-[a-z0-9-]{2,36}\.aliyuncs\.com$/;

/**
 * The password issued to this machine's role opens every repository that the role may read. Whoever may add a registry could have
 * it sent to a host of their own; or, by the older signatures, which do not cover the host, have a call made out to their own endpoint
 * and use it themselves. So both go to Alibaba's hosts only, or to the operator's stand-ins for them.
 *
 * @throws InvalidSettings
 */
export function keepHome({
  url,
  settings: { apiEndpoint },
  endpoints: own,
}: IdentityContext & { settings: { apiEndpoint?: string } }): void {
  const standIn = own?.['registry'] !== undefined && new URL(own['registry']).origin === url.origin;
  if (!standIn && !parseAcrHost(url.hostname)) {
    const message = `The password of this machine’s own role is sent to registries of Alibaba Cloud only, and ${url.host} is none. Enter the instance’s own address.`;
    throw new InvalidSettings(message, [{ field: 'url', message }]);
  }
  const api = apiEndpoint === undefined ? undefined : new URL(apiEndpoint);
  if (api && !(api.protocol === 'https:' && api.port === '' && apiHost.test(api.hostname))) {
    const message = `This machine’s own role is used at the API of Alibaba Cloud only, and ${api.host} is none of its hosts.`;
    throw new InvalidSettings(message, [{ field: 'fields.apiEndpoint', message }]);
  }
}

interface WebIdentity {
  roleArn: string;
  providerArn: string;
  tokenFile: string;
}

/** What ACK puts into the environment of a pod whose service account has a role (RRSA). */
function webIdentity(): WebIdentity | undefined {
  const {
    ALIBABA_CLOUD_ROLE_ARN: roleArn,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
  } = process.env;
  return roleArn && providerArn && tokenFile ? { roleArn, providerArn, tokenFile } : undefined;
}

/** `AssumeRoleWithOIDC`, which needs no signature: the token is the proof. It goes in the body, because it is a secret. */
async function assumeWithOidc(
  ctx: IdentityContext,
  { roleArn, providerArn, tokenFile }: WebIdentity,
  { policy, seconds = 3600 }: { policy?: string; seconds?: number } = {},
): Promise<unknown> {
  const url = new URL(`${endpointOf({ id: 'alibaba', endpoints }, ctx, 'sts')}/`);
  const now = ctx.clock.now();
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithOIDC',
    Version: '2015-04-01',
    Format: 'JSON',
    Timestamp: `${new Date(now).toISOString().slice(0, 19)}Z`,
    SignatureNonce: randomUUID(),
    RoleArn: roleArn,
    OIDCProviderArn: providerArn,
    OIDCToken: await readToken(tokenFile),
    RoleSessionName: 'tagboat',
    DurationSeconds: String(seconds),
    ...(policy !== undefined && { Policy: policy }),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  try {
    const { data } = await callApi(ctx.http, url, z.object({ Credentials: stsKey }), {
      service: 'Alibaba Cloud STS',
      now,
      method: 'POST',
      headers,
      body: form.toString(),
      maxBytes: maxTokenFile,
      signal: ctx.signal,
    });
    return data.Credentials;
  } catch (error) {
    const failure = issueFailure(error);
    if (!(failure instanceof CredentialError) || failure.code !== 'credential_refused') throw failure;
    throw new CredentialError('Alibaba Cloud STS does not give this pod its role.', {
      code: 'credential_refused',
      cause: error,
      context: { service: 'Alibaba Cloud STS', alibabaCode: 'OidcRefused', role: roleArn },
    });
  }
}

async function readToken(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxTokenFile), 0, maxTokenFile, 0);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw noCredentials(`The token of this pod’s service account cannot be read from ${path}.`, error);
  }
}

/** The role of the ECS instance, by the hardened mode of the metadata service where it is on. */
async function instanceRole(ctx: IdentityContext): Promise<unknown> {
  const base = endpointOf({ id: 'alibaba', endpoints }, ctx, 'metadata');
  const path = '/latest/meta-data/ram/security-credentials/';
  const ask = async (where: string, options: { method?: 'PUT'; headers?: Record<string, string> } = {}) => {
    try {
      return await metadataHttp.send(`${base}${where}`, { ...options, timeout: 2000, signal: ctx.signal });
    } catch (error) {
      ctx.signal?.throwIfAborted();
      throw noCredentials('This machine offers no RAM role: it is no ECS instance, or its metadata service cannot be reached.', error);
    }
  };
  const session = await ask('/latest/api/token', { method: 'PUT', headers: { 'x-aliyun-ecs-metadata-token-ttl-seconds': '300' } });
  const headers: Record<string, string> = session.status === 200 ? { 'x-aliyun-ecs-metadata-token': session.text.trim() } : {};
  const role = await ask(path, { headers });
  const name = role.text.trim();
  if (role.status !== 200 || !/^[\w.-]{1,64}$/.test(name)) throw noCredentials('This ECS instance has no RAM role.');
  const keys = await ask(`${path}${name}`, { headers });
  let parsed: unknown;
  try {
    parsed = JSON.parse(keys.text);
  } catch {
    parsed = undefined;
  }
  const { success, data } = stsKey.safeParse(parsed);
  if (keys.status !== 200 || !success) throw noCredentials(`The metadata service gave no key for the RAM role ${name}.`);
  return data;
}

function noCredentials(message: string, cause?: unknown): CredentialError {
  return new CredentialError(message, {
    code: 'credential_unavailable',
    fault: 'hub',
    cause,
    context: { service: 'Alibaba Cloud', alibabaCode: 'NoCredentials' },
  });
}
