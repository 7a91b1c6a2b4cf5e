import type { Principal } from '../../access/index.ts';
import type { ProviderSet } from '../../provider/set.ts';
import { referenceHosts } from '../prefix.ts';
import type { Registries } from '../registries.ts';
import { renderClientConfig } from './render.ts';
import type { ClientConfig, ClientConfigOptions } from './types.ts';

/**
 * What a client needs to reach a saved registry. Holds no secret, so who may see the registry may have it.
 *
 * @throws NotFound; InvalidSettings at `mirrorOf` or `mirrors` where the client cannot do that
 */
export async function readClientConfig(
  deps: { registries: Pick<Registries, 'get'>; providers: ProviderSet },
  principal: Principal,
  idOrName: string,
  options: Pick<ClientConfigOptions, 'client' | 'mirrorOf' | 'mirrors' | 'containerd' | 'helper'>,
): Promise<ClientConfig & { registry: { id: string; name: string } }> {
  const registry = await deps.registries.get(principal, idOrName);
  const provider = deps.providers.get(registry.provider);
  const way = provider?.signIn[registry.signIn];
  // A way of signing in that asks for nothing and uses no identity of this machine presents nothing.
  const anonymous = way !== undefined && way.ambient !== true && Object.keys(way.fields.shape).length === 0;
  const config = renderClientConfig(registry, {
    ...options,
    helper: !anonymous && options.helper !== false,
    ...(provider && { knownHosts: referenceHosts(new URL(registry.url), provider) }),
  });
  return { ...config, registry: { id: registry.id, name: registry.name } };
}
