import type { Registry } from '../api/types.ts';
import { severity } from './registry-state.ts';

export const registrySorts = ['state', 'name', '-name', 'provider', 'expiry', 'repositories', '-repositories'] as const;
export type RegistrySort = (typeof registrySorts)[number];

export interface RegistryFilter {
  text: string;
  provider?: string;
  state?: string;
  project?: string;
  sort: RegistrySort;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
const byName = (a: Registry, b: Registry) => collator.compare(a.name, b.name);
const expiry = (registry: Registry) => {
  const end = registry.credential?.expiresAt ?? secretEnd(registry);
  return end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
};

/** When the secret itself ends, as far as anybody says it; certificates aside. */
export function secretEnd(registry: Registry): string | undefined {
  const said = registry.credential?.ends?.find(({ from }) => from !== 'certificate')?.at;
  return said ?? registry.secretEndsAt;
}

/** Orders; ties fall back to the name. Unknown values come last. */
const orders: Record<RegistrySort, (a: Registry, b: Registry) => number> = {
  state: (a, b) => severity[a.state.state] - severity[b.state.state],
  name: byName,
  '-name': (a, b) => byName(b, a),
  provider: (a, b) => collator.compare(a.provider, b.provider),
  expiry: (a, b) => (expiry(a) === expiry(b) ? 0 : expiry(a) - expiry(b)),
  repositories: (a, b) => (a.repositoryCount ?? Number.MAX_SAFE_INTEGER) - (b.repositoryCount ?? Number.MAX_SAFE_INTEGER),
  '-repositories': (a, b) => (b.repositoryCount ?? -1) - (a.repositoryCount ?? -1),
};

/** What matches, in the order asked for. */
export function selectRegistries(registries: readonly Registry[], filter: RegistryFilter): Registry[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return registries
    .filter((registry) => {
      if (filter.provider !== undefined && registry.provider !== filter.provider) return false;
      if (filter.state !== undefined && registry.state.state !== filter.state) return false;
      if (filter.project !== undefined && !registry.allProjects && !registry.projects.includes(filter.project)) return false;
      const text = `${registry.name} ${registry.host} ${registry.prefix} ${registry.namespace} ${registry.description}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => orders[filter.sort](a, b) || byName(a, b));
}
