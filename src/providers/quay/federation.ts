import { z } from 'zod';
import { CredentialError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { callApi } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import { identityTokenFile, readTokenFile } from '../../provider/identity/token-file.ts';
import { issueFailure } from '../../provider/issue-failure.ts';
import { jwtClaims, jwtEnd } from '../../provider/signing/jwt.ts';

const service = 'Quay';
/** The robot's password, when it does not say its end itself: Quay issues it for an hour. */
const lifetime = 3600_000;

/**
 * Exchanges an identity token (OIDC, JWT) for a robot's password that ends: `GET /oauth2/federation/robot/token` with the
 * robot's name and the token as Basic authentication. (quay/quay: endpoints/oauth/robot_identity_federation.py.)
 *
 * @throws CredentialError `credential_refused` when Quay does not take the identity, `credential_unavailable` when this
 * machine has none for this registry
 */
export async function federatedLogin(
  ctx: Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal'>,
  { username, oidcToken }: { username: string; oidcToken?: string },
): Promise<Credential> {
  const identity = oidcToken ?? (await machineIdentity(ctx.url));
  const issuedAt = ctx.clock.now();
  const { data } = await callApi(ctx.http, new URL('/oauth2/federation/robot/token', ctx.url), z.object({ token: z.string().min(1) }), {
    service,
    now: issuedAt,
    headers: { authorization: `Basic ${Buffer.from(`${username}:${identity}`).toString('base64')}` },
    signal: ctx.signal,
  }).catch((error: unknown) => {
    throw refusal(error);
  });
  return { kind: 'basic', username, password: data.token, issuedAt, expiresAt: jwtEnd(data.token) ?? issuedAt + lifetime };
}

function refusal(error: unknown): unknown {
  const status = (error as { status?: number }).status;
  // Quay answers an identity that it does not trust with 401, and one that it cannot read with 400 or 500.
  if (status === undefined || status === 429 || status > 500) return issueFailure(error);
  if (status === 404) {
    return new CredentialError('This Quay has no robot federation: it answers 404 to the exchange of identity tokens.', {
      code: 'credential_unavailable',
      context: { service, status },
    });
  }
  return new CredentialError(`Quay refused the identity token (${status}).`, {
    code: 'credential_refused',
    context: { service, status },
  });
}

/**
 * The token of this machine. Whoever may add a registry could have it sent to a host of their own, so it goes to none but
 * those that it was made for: its audience has to be the registry's host.
 */
async function machineIdentity(url: URL): Promise<string> {
  const token = await readTokenFile(identityTokenFile);
  const aud = jwtClaims(token)?.['aud'];
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  const mine = audiences.some((audience) => audience === url.host || URL.parse(String(audience))?.host === url.host);
  if (mine) return token;
  throw new CredentialError(`The identity token of this hub is not for ${url.host}: its audience is another.`, {
    code: 'credential_unavailable',
    fault: 'hub',
    context: { service },
  });
}
