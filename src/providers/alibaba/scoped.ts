import { z } from 'zod';
import type { Credential } from '../../oci/index.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { handOut } from '../shared/handed-out.ts';
import { type AcrContext, callRpc } from './api.ts';
import { keepHome, podIdentity } from './identity.ts';
import { acrInstance } from './instance.ts';

/** STS takes no longer policy. */
const maxPolicy = 2048;
/** Seconds: the shortest that STS gives, and what every role allows. */
const shortest = 900;
const longest = 3600;

const issued = z.object({ AuthorizationToken: z.string().min(1), TempUsername: z.string().min(1), ExpireTime: z.number().positive() });

/**
 * A password of an Enterprise instance that opens the repositories of a scope: STS gives the pod's role again with a policy that
 * holds no more than that, and a password has the permissions and the end of the key that it was issued to. Undefined without a pod's
 * role (RRSA): other identities cannot be narrowed by themselves. (STS: AssumeRoleWithOIDC, `Policy`; Container Registry:
 * GetAuthorizationToken, "RAM authorization information".)
 *
 * @throws CredentialError, TransportError
 */
export async function scopedPassword(
  ctx: AcrContext & { namespace?: string },
  { repositories, push, lifetime }: CredentialScope,
): Promise<Credential | undefined> {
  if (ctx.signIn.method !== 'role') return undefined;
  keepHome(ctx);
  const instance = await acrInstance(ctx);
  const places = repositories.length > 0 ? repositories : [ctx.namespace ? `${ctx.namespace}/*` : '*'];
  const policy = JSON.stringify({
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: ['cr:GetAuthorizationToken'], Resource: ['*'] },
      {
        Effect: 'Allow',
        Action: push ? ['cr:PullRepository', 'cr:PushRepository'] : ['cr:PullRepository'],
        Resource: places.map((place) => `acs:cr:*:*:repository/${instance}/${place}`),
      },
    ],
  });
  if (policy.length > maxPolicy) return undefined;
  const seconds = Math.min(longest, Math.max(shortest, Math.ceil(lifetime / 1000)));
  const identity = podIdentity(ctx, { policy, seconds });
  if (!identity) return undefined;
  return handOut(ctx, {
    memory: 'alibaba-scoped',
    key: [instance, policy, String(seconds)],
    async make() {
      const issuedAt = ctx.clock.now();
      const key = await identity();
      const narrowed: AcrContext = { ...ctx, signIn: { method: 'access-key', ...key } };
      const answer = await callRpc(narrowed, 'GetAuthorizationToken', { InstanceId: instance }, issued);
      const { TempUsername: username, AuthorizationToken: password, ExpireTime: expiresAt } = answer;
      return {
        id: username,
        credential: { kind: 'basic', username, password, issuedAt, expiresAt },
        until: issuedAt + (expiresAt - issuedAt) / 2,
      };
    },
  });
}
