import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../../core/errors.ts';
import { remember } from '../../provider/memory.ts';
import { callTencent, endpoints, service, type TencentContext, type TencentKey } from './api.ts';

/** An Enterprise instance: what calls about it need. */
export interface TcrInstance {
  registryId: string;
  region: string;
}

/** Hosts of Enterprise instances. `<name>-vpc` is the same instance from within a VPC. */
export const instanceHost = /^([a-z0-9][a-z0-9-]{3,52}[a-z0-9])\.tencentcloudcr\.com$/;

/** Any region can be asked for instances of all. */
const anyRegion = 'ap-guangzhou';
const rememberFor = 3600_000;

const instances = z.object({
  Registries: z.array(
    z.object({ RegistryId: z.string(), RegistryName: z.string(), RegionName: z.string(), PublicDomain: z.string().nullish() }),
  ),
});

export interface InstanceContext extends TencentContext {
  url: URL;
  settings: { apiEndpoint?: string };
}

export interface InstanceLogin extends TencentKey {
  registryId?: string;
  region?: string;
}

/**
 * The instance that the settings or the registry's host name. What is not said is found out by `DescribeInstances`, once an hour.
 *
 * @throws InvalidSettings for a domain of one's own without an instance ID; RegistryError `registry_not_found`
 */
export async function tcrInstance(ctx: InstanceContext, login: InstanceLogin): Promise<TcrInstance> {
  const { registryId, region } = login;
  if (registryId !== undefined && region !== undefined) return { registryId, region };
  const host = ctx.url.hostname.toLowerCase();
  const name = instanceHost.exec(host)?.[1];
  if (registryId === undefined && name === undefined) {
    const message = `The instance cannot be told from ${ctx.url.host}: enter its ID.`;
    throw new InvalidSettings(message, [{ field: 'fields.registryId', message }]);
  }
  return remember(ctx, 'tencent-instance', [host, registryId, region, login.secretId, login.secretKey, login.sessionToken], async () => {
    const names = name === undefined ? [] : name.endsWith('-vpc') ? [name, name.slice(0, -4)] : [name];
    const wanted = registryId === undefined ? { Filters: [{ Name: 'RegistryName', Values: names }] } : { Registryids: [registryId] };
    const { Registries: found } = await callTencent(
      ctx,
      { key: login, region: region ?? anyRegion },
      'DescribeInstances',
      { AllRegion: true, Limit: 100, ...wanted },
      instances,
    );
    // The filter may be taken for a part of the name; an instance may really be called “…-vpc”.
    const instance =
      registryId === undefined
        ? (found.find(({ PublicDomain: domain }) => domain === host) ??
          names.map((each) => found.find(({ RegistryName: known }) => known === each)).find((each) => each !== undefined))
        : found.find(({ RegistryId: id }) => id === registryId);
    if (!instance) throw unknownInstance(ctx, registryId ?? name ?? '');
    return { value: { registryId: instance.RegistryId, region: region ?? instance.RegionName }, until: ctx.clock.now() + rememberFor };
  });
}

function unknownInstance(ctx: InstanceContext, name: string): RegistryError {
  return new RegistryError(`${service} shows this API key no Container Registry instance “${name}”.`, {
    code: 'registry_not_found',
    method: 'POST',
    url: ctx.settings.apiEndpoint ?? endpoints.api,
    context: { service, action: 'CreateInstanceToken', tencentCode: 'ResourceNotFound' },
  });
}
