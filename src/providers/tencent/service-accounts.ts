import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { type HandedOut, handOut } from '../shared/handed-out.ts';
import { callTencent } from './api.ts';
import { type InstanceContext, type InstanceLogin, tcrInstance } from './instance.ts';

/** Names that this hub gives, and the description beside: both have to be there before an account is removed. */
const ourName = /^(?:tcr\$)?tagboat-scoped-[0-9a-f]{16}$/;
const ourDescription = 'Made by Tagboat to be handed out; Tagboat removes it after its end.';

const created = z.object({ Name: z.string().min(1), Password: z.string().min(1), ExpiresAt: z.number().nullish() });
const listed = z.object({
  ServiceAccounts: z
    .array(
      z.object({
        Name: z.string(),
        Description: z.string().nullish(),
        Disable: z.boolean().nullish(),
        ExpiresAt: z.number().nullish(),
      }),
    )
    .nullish(),
});

/**
 * A service account of an Enterprise instance that may pull (and push), made for a scope and ending by itself. Namespaces are the
 * finest that its permissions know. The same one is given again for half its time; those of ours that have ended are removed first.
 *
 * Undefined for a whole instance, whose namespaces would have to be named, and where the key may not manage service accounts.
 * (TCR API 2019-09-24: DescribeServiceAccounts, CreateServiceAccount, DeleteServiceAccount; Permission.)
 *
 * @throws CredentialError, TransportError
 */
export async function scopedAccount(
  ctx: InstanceContext & { namespace?: string },
  login: InstanceLogin,
  { repositories, push, lifetime }: CredentialScope,
): Promise<Credential | undefined> {
  const named = repositories.length > 0 ? repositories.map((name) => name.split('/', 1)[0] ?? '') : ctx.namespace ? [ctx.namespace] : [];
  const namespaces = [...new Set(named)].toSorted();
  if (namespaces.length === 0) return undefined;
  return handOut(ctx, {
    memory: 'tencent-account',
    key: [ctx.url.host, login.registryId, login.secretId, login.secretKey, String(push), String(lifetime), ...namespaces],
    make: () => makeAccount(ctx, login, { namespaces, push, lifetime }),
    async stands(id) {
      const accounts = await serviceAccounts(ctx, login);
      return accounts.some(({ Name, Disable }) => Name === id && Disable !== true);
    },
  });
}

async function makeAccount(
  ctx: InstanceContext,
  login: InstanceLogin,
  { namespaces, push, lifetime }: { namespaces: readonly string[]; push: boolean; lifetime: number },
): Promise<HandedOut> {
  await removeEnded(ctx, login);
  const { registryId: RegistryId, region } = await tcrInstance(ctx, login);
  const issuedAt = ctx.clock.now();
  const Actions = push ? ['tcr:PushRepository', 'tcr:PullRepository'] : ['tcr:PullRepository'];
  const parameters = {
    RegistryId,
    Name: `tagboat-scoped-${randomBytes(8).toString('hex')}`,
    Description: ourDescription,
    Permissions: namespaces.map((Resource) => ({ Resource, Actions })),
    ExpiresAt: issuedAt + lifetime,
  };
  // Its password is told once: a repetition would make a second account, or be refused.
  const answer = await callTencent(ctx, { key: login, region, once: true }, 'CreateServiceAccount', parameters, created);
  return {
    id: answer.Name,
    credential: {
      kind: 'basic',
      username: answer.Name,
      password: answer.Password,
      issuedAt,
      expiresAt: answer.ExpiresAt && answer.ExpiresAt > issuedAt ? answer.ExpiresAt : issuedAt + lifetime,
    },
    until: issuedAt + lifetime / 2,
  };
}

/** Without the right to remove those that have ended none is made either: they would pile up. */
async function removeEnded(ctx: InstanceContext, login: InstanceLogin): Promise<void> {
  const { registryId: RegistryId, region } = await tcrInstance(ctx, login);
  for (const { Name, Description, ExpiresAt } of await serviceAccounts(ctx, login)) {
    const ended = typeof ExpiresAt === 'number' && ExpiresAt > 0 && ExpiresAt <= ctx.clock.now();
    if (!ended || !ourName.test(Name) || Description !== ourDescription) continue;
    try {
      await callTencent(ctx, { key: login, region }, 'DeleteServiceAccount', { RegistryId, Name }, z.object({}));
    } catch (error) {
      // Another hub was faster.
      if (!(error instanceof RegistryError && error.code === 'registry_not_found')) throw error;
    }
  }
}

async function serviceAccounts(ctx: InstanceContext, login: InstanceLogin) {
  const { registryId: RegistryId, region } = await tcrInstance(ctx, login);
  const answer = await callTencent(ctx, { key: login, region }, 'DescribeServiceAccounts', { RegistryId, All: true }, listed);
  return answer.ServiceAccounts ?? [];
}
