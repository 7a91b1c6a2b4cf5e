import { CredentialError, InvalidSettings } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import type { AwsContext, AwsIdentity } from '../../provider/identity/aws.ts';
import { issueError } from '../../provider/identity/aws-errors.ts';
import { decodeAuthorizationToken } from './fields.ts';
import { ecrHost } from './hosts.ts';
import { type EcrLogin, openEcr } from './session.ts';

/**
 * The password that `GetAuthorizationToken` issues to an identity. AWS says twelve hours; for a session of limited rights the end of the
 * session is told when it is sooner, because AWS does not document that a password outlives it.
 *
 * @param home whether it may be sent to hosts of ECR only
 * @throws CredentialError, TransportError; InvalidSettings for a host that is not ECR's
 */
export async function issuePassword(
  ctx: AwsContext & { url: URL },
  login: EcrLogin & { key?: AwsIdentity },
  { home }: { home: boolean },
): Promise<Credential> {
  const { GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
  const { client, call } = await openEcr(ctx, login);
  const answer = await call(() => client.send(new GetAuthorizationTokenCommand({}))).catch((error: unknown) => {
    throw issueError(error, 'Amazon ECR');
  });
  const data = answer.authorizationData?.[0];
  const password = decodeAuthorizationToken(data?.authorizationToken);
  if (!password || !data?.expiresAt) {
    throw new CredentialError('Amazon ECR answered without an authorization token.', {
      code: 'credential_unavailable',
      context: { service: 'Amazon ECR' },
    });
  }
  if (home) keepHome(ctx.url, data.proxyEndpoint);
  const expiresAt = Math.min(data.expiresAt.getTime(), login.key?.expiration?.getTime() ?? Number.POSITIVE_INFINITY);
  return { kind: 'basic', ...password, issuedAt: ctx.clock.now(), expiresAt };
}

/**
 * The password issued to this machine's role opens every registry that the role may read. Whoever may add a registry
 * could have it sent to a host of their own, so it goes to AWS' hosts only, or to the one that ECR itself names.
 */
function keepHome(url: URL, proxyEndpoint: string | undefined): void {
  if (ecrHost.test(url.hostname) || (proxyEndpoint && new URL(proxyEndpoint).host === url.host)) return;
  const message = `The password of a role is sent to registries of Amazon ECR only, and ${url.host} is none.`;
  throw new InvalidSettings(message, [{ field: 'url', message }]);
}
