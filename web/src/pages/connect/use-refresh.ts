import { useQueryClient } from '@tanstack/react-query';
import { keys } from '../../api/queries.ts';
import type { Page, Registry } from '../../api/types.ts';

/** Puts a saved registry into what is on screen at once; the hub's answer settles it. */
export function useRefreshRegistries(): (registry: Registry) => void {
  const client = useQueryClient();
  return (registry) => {
    client.setQueryData(keys.registry(registry.name), registry);
    client.setQueryData<Page<Registry>>(keys.registries, (list) => {
      if (!list) return list;
      const others = list.items
        .filter((each) => each.id !== registry.id)
        .map((each) => (registry.default ? { ...each, default: false } : each));
      return { ...list, items: [...others, registry] };
    });
    void client.invalidateQueries({ queryKey: keys.registries });
    void client.invalidateQueries({ queryKey: keys.check(registry.id) });
  };
}
