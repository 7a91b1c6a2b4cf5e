import type { AnyProvider, ProviderContext } from './define.ts';

/** Base URL of one of the provider's services: what stands in for it in this context, else the public one, without a slash at its end. */
export function endpointOf(provider: Pick<AnyProvider, 'id' | 'endpoints'>, ctx: Pick<ProviderContext, 'endpoints'>, name: string): string {
  const base = ctx.endpoints?.[name] ?? provider.endpoints?.[name];
  if (base === undefined) throw new TypeError(`The provider ${provider.id} declares no endpoint “${name}”`);
  return base.replace(/\/$/, '');
}
