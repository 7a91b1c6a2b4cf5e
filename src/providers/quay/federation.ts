import { open } from 'node:fs/promises';
import { z } from 'zod';
import { CredentialError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { callApi } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import { issueFailure } from '../../provider/issue-failure.ts';

/** Variable of the hub's environment that names a file with this machine's identity token, e.g. a projected service account token. */
export const identityTokenFile = 'TAGBOAT_IDENTITY_TOKEN_FILE';

const service = 'Quay';
const maxTokenBytes = 64 * 1024;
/** The robot's password, when it does not say its end itself: Quay issues it for an hour. */
const lifetime = 3600_000;

const claims = z.object({
  exp: z.number().optional().catch(undefined),
  aud: z
    .union([z.string().transform((audience) => [audience]), z.array(z.string())])
    .optional()
    .catch(undefined),
});

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
  const end = claimsOf(data.token)?.exp;
  return { kind: 'basic', username, password: data.token, issuedAt, expiresAt: end === undefined ? issuedAt + lifetime : end * 1000 };
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
  const path = process.env[identityTokenFile];
  if (!path) throw unavailable(`This hub has no identity token: ${identityTokenFile} is not set in its environment.`);
  const token = await readToken(path);
  const audiences = claimsOf(token)?.aud ?? [];
  if (!audiences.some((audience) => audience === url.host || URL.parse(audience)?.host === url.host)) {
    throw unavailable(`The identity token of this hub is not for ${url.host}: its audience is another.`);
  }
  return token;
}

async function readToken(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxTokenBytes), 0, maxTokenBytes, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw unavailable(`The identity token that ${identityTokenFile} names cannot be read (${reason}).`);
  }
}

function unavailable(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_unavailable', fault: 'hub', context: { service } });
}

/** What a JWT says of itself, unchecked: that is for those who trust its issuer. */
function claimsOf(token: string): z.output<typeof claims> | undefined {
  try {
    return claims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}
