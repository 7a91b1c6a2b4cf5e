import { Secret } from '../../core/secret.ts';
import type { ProviderSet } from '../../provider/index.ts';
import { type Registry, type RegistryInput, resolveInput, urlText } from '../../registries/index.ts';

/** A registry as the services would answer it, had it been created from this input by an administrator. For tests. */
export function registryOf(providers: ProviderSet, input: RegistryInput, more: Partial<Registry> = {}): Registry {
  const draft = resolveInput(input, {
    providers,
    administrator: true,
    reveal: (_name, value) => ('fresh' in value ? value.fresh : new Secret('')),
  });
  const registry: Registry = {
    id: `reg_${draft.name}`,
    name: draft.name,
    provider: draft.provider.id,
    url: urlText(draft.url),
    host: draft.url.host,
    prefix: draft.prefix,
    namespace: draft.namespace,
    description: draft.description,
    default: input.default ?? false,
    allProjects: draft.allProjects,
    projects: [...draft.projects],
    signIn: draft.signIn,
    settings: { ...draft.settings },
    secretsSet: Object.keys(draft.secrets),
    secretsLost: false,
    connection: draft.connection,
    pinnedRepositories: [...draft.pinnedRepositories],
    trustedRealms: [...draft.trustedRealms],
    sources: { ...draft.sources },
    createdAt: 0,
    updatedAt: 0,
    version: 1,
    ...more,
  };
  if (draft.credentialExpiry !== undefined) registry.credentialExpiry = draft.credentialExpiry;
  if (draft.tagOrder !== undefined) registry.tagOrder = draft.tagOrder;
  if (draft.secretEndsAt !== undefined) registry.secretEndsAt = draft.secretEndsAt;
  return registry;
}
