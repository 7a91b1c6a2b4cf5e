import { z } from 'zod';
import { CredentialError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { swrLoginKey } from '../../provider/signing/sdk-hmac.ts';
import { issueFailure } from '../../provider/issue-failure.ts';
import { callSwr, service, type SwrContext } from './api.ts';

/** When the answer does not say how long a login is good: the shortest of what Huawei's pages name (6, 12, 24 hours). */
const shortest = 6 * 3600_000;

const logins = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().min(1) })) });

/** The login that is computed of the access key and ends with it. */
export function longTermLogin(project: string, { accessKey, secretKey }: { accessKey: string; secretKey: string }): Credential {
  return { kind: 'basic', username: `${project}@${accessKey}`, password: swrLoginKey(accessKey, secretKey) };
}

/** `CreateSecret`: a temporary login with the rights of the access key in SWR. */
export function temporaryLogin(ctx: SwrContext, project: string): Promise<Credential> {
  return issuedLogin(ctx, '/v2/manage/utils/secret', { projectname: project });
}

/** `CreateAuthorizationToken`: the enhanced temporary login, with rights from IAM alone. */
export function enhancedLogin(ctx: SwrContext): Promise<Credential> {
  return issuedLogin(ctx, '/v2/manage/utils/authorizationtoken', {});
}

async function issuedLogin(ctx: SwrContext, path: string, query: Readonly<Record<string, string>>): Promise<Credential> {
  const now = ctx.clock.now();
  try {
    const { data, headers } = await callSwr(ctx, 'POST', path, query, logins);
    // The header with a docker command for a shell is not used: the body says the same as data.
    const { auth } = data.auths[ctx.url.host] ?? Object.values(data.auths)[0] ?? { auth: '' };
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon < 1)
      throw new CredentialError(`${service} answered without a login.`, { code: 'credential_unavailable', context: { service } });
    const end = Date.parse(headers['x-swr-expireat'] ?? '');
    return {
      kind: 'basic',
      username: decoded.slice(0, colon),
      password: decoded.slice(colon + 1),
      issuedAt: now,
      expiresAt: Number.isNaN(end) ? now + shortest : end,
    };
  } catch (error) {
    throw issueFailure(error);
  }
}
