import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../../core/errors.ts';
import { parseChallenges } from '../../oci/index.ts';
import { remember } from '../../provider/memory.ts';
import { pages } from '../../provider/paging.ts';
import { type AcrContext, callRpc, pageSize, service } from './api.ts';
import { parseAcrHost } from './hosts.ts';

const rememberFor = 3600_000;

const instancePage = z.object({
  Instances: z.array(z.object({ InstanceId: z.string(), InstanceName: z.string() })).nullish(),
  TotalCount: z.union([z.int(), z.string().regex(/^\d{1,9}$/)]).transform(Number),
});

/** The ID that an Enterprise instance tells in the `service` of its challenge: `registry.aliyuncs.com:cn-hangzhou:…:cri-…`. */
export const challengeService = /^registry\.aliyuncs\.com:[a-z0-9-]{4,40}:(?:[\w.-]{0,64}:)?(cri-[a-z0-9]{4,64})$/;

/**
 * ID of the Enterprise instance: as entered; else by the name in the registry's host (`ListInstance`); else as a domain of one's own
 * tells it in its challenge. Found out once an hour.
 *
 * @throws InvalidSettings when a domain of one's own does not tell; RegistryError `registry_not_found`
 */
export async function acrInstance(ctx: AcrContext): Promise<string> {
  const { signIn } = ctx;
  const given = 'instanceId' in signIn && typeof signIn.instanceId === 'string' ? signIn.instanceId : undefined;
  if (given) return given;
  const name = parseAcrHost(ctx.url.hostname)?.instance;
  const secrets = 'accessKeyId' in signIn ? [signIn.accessKeyId, signIn.accessKeySecret] : [];
  return remember(ctx, 'alibaba-instance', [ctx.url.host, ctx.settings.region, ...secrets], async () => {
    const value = name === undefined ? await byChallenge(ctx) : await byName(ctx, name);
    return { value, until: ctx.clock.now() + rememberFor };
  });
}

async function byName(ctx: AcrContext, name: string): Promise<string> {
  const walk = pages<z.output<typeof instancePage>, number>(
    async (number = 1) => {
      const parameters = { InstanceName: name, PageNo: String(number), PageSize: String(pageSize) };
      const page = await callRpc(ctx, 'ListInstance', parameters, instancePage);
      return { page, next: (page.Instances?.length ?? 0) > 0 && number * pageSize < page.TotalCount ? number + 1 : undefined };
    },
    { service, url: ctx.url, signal: ctx.signal },
  );
  for await (const { Instances: found } of walk) {
    const instance = (found ?? []).find(({ InstanceName: known }) => known === name);
    if (instance) return instance.InstanceId;
  }
  throw new RegistryError(
    `${service} shows this identity no Container Registry instance “${name}” in ${ctx.settings.region ?? 'its region'}.`,
    {
      code: 'registry_not_found',
      method: 'POST',
      url: ctx.url.origin,
      context: { service, action: 'ListInstance', alibabaCode: 'INSTANCE_NOT_EXIST' },
    },
  );
}

async function byChallenge(ctx: AcrContext): Promise<string> {
  const { headers } = await ctx.http.send(new URL('/v2/', ctx.url), { maxBytes: 64 * 1024, signal: ctx.signal });
  for (const { parameters } of parseChallenges([headers['www-authenticate'] ?? ''])) {
    const id = challengeService.exec(parameters['service'] ?? '')?.[1];
    if (id) return id;
  }
  const message = `The instance cannot be told from ${ctx.url.host}: enter its ID.`;
  throw new InvalidSettings(message, [{ field: 'fields.instanceId', message }]);
}
