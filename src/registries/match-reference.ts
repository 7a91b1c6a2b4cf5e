import { parseReference, type Reference } from '../oci/index.ts';
import type { ProviderSet } from '../provider/set.ts';
import { rankMatches } from './match.ts';
import { referenceHosts } from './prefix.ts';
import type { Registry } from './types.ts';

/** Which registry a reference belongs to, and what it is there. */
export interface RegistryMatch {
  registry: Registry;
  /** The reference as its registry knows it: a registry's name at its beginning is replaced by the registry's host. */
  reference: Reference;
  /** By the registry's name (`prod/shop/api`) or by its prefix. */
  via: 'name' | 'prefix';
  /** Further registries that the reference belongs to, worse matches last. */
  others: Registry[];
}

/** The registry that an image reference belongs to: one whose name it begins with, else the one with the longest prefix. */
export function matchReference(reference: string, registries: readonly Registry[], providers: ProviderSet): RegistryMatch | undefined {
  const first = reference.split('/', 1)[0] ?? '';
  const named = first.length < reference.length ? registries.find((one) => one.name.toLowerCase() === first.toLowerCase()) : undefined;
  if (named) {
    const host = named.prefix.split('/', 1)[0] ?? named.host;
    return { registry: named, reference: parseReference(`${host}${reference.slice(first.length)}`), via: 'name', others: [] };
  }
  const parsed = parseReference(reference);
  const candidates = registries.map((registry) => {
    const provider = providers.get(registry.provider);
    const hosts = provider ? referenceHosts(new URL(registry.url), provider) : [registry.host];
    return { registry, prefix: registry.prefix, hosts, default: registry.default, createdAt: registry.createdAt };
  });
  const [best, ...others] = rankMatches(parsed.registry, parsed.repository, candidates);
  if (!best) return undefined;
  return { registry: best.registry, reference: parsed, via: 'prefix', others: others.map((other) => other.registry) };
}
