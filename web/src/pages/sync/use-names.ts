import { useQuery } from '@tanstack/react-query';
import { hub } from '../../api/client.ts';
import type { Partially } from '../../api/types.ts';

/** Of a preview: beyond that the hub would be kept busy by people who type. */
const mostPages = 10;
const pageSize = 1000;

export interface Names {
  /** Names of a registry's repositories, as the hub has them listed. Undefined while or where they are not known. */
  names: readonly string[] | undefined;
  error: unknown;
  /** The list was not read to its end. */
  cut: boolean;
  partial: Partially | undefined;
}

/** The repositories of a registry, for previews of what a rule takes. */
export function useNames(registry: string): Names {
  const list = useQuery({
    queryKey: ['repositories', registry, '', 'names'],
    enabled: registry !== '',
    queryFn: async ({ signal }) => {
      const names: string[] = [];
      let partial: Partially | undefined;
      let cursor: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const answer = await hub.listRepositories(registry, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }, { signal });
        names.push(...answer.items.map(({ name }) => name));
        partial ??= answer.partial;
        cursor = answer.next;
        if (cursor === undefined) break;
      }
      return { names, partial, cut: cursor !== undefined };
    },
  });
  return { names: list.data?.names, error: list.error, cut: list.data?.cut ?? false, partial: list.data?.partial };
}
