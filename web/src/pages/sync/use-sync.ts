import { type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Page, SyncRule } from '../../api/types.ts';
import { isOpen } from '../../lib/sync-words.ts';

/** While something runs, what is shown is read again this often, should a hint get lost. */
const whileOpen = 5000;

/** Every rule that the caller may see: all pages, because sorting and filtering happen here. */
export function useSyncRules() {
  return useQuery({
    queryKey: keys.syncRules,
    queryFn: async ({ signal }): Promise<Page<SyncRule>> => {
      const items: SyncRule[] = [];
      let cursor: string | undefined;
      do {
        const page = await hub.listSyncRules({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) }, { signal });
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      return { items };
    },
    refetchInterval: (query) => (query.state.data?.items.some((rule) => isOpen(rule.lastRun)) ? whileOpen : false),
  });
}

export function useSyncRule(id: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: keys.syncRule(id),
    queryFn: ({ signal }) => hub.getSyncRule(id, { signal }),
    placeholderData: () => client.getQueryData<Page<SyncRule>>(keys.syncRules)?.items.find((rule) => rule.id === id),
    refetchInterval: (query) => (isOpen(query.state.data?.lastRun) ? whileOpen : false),
  });
}

/** Plans and runs of a rule, newest first, page by page. */
export function useSyncRuns(rule: string) {
  return useInfiniteQuery({
    queryKey: keys.syncRuns(rule),
    queryFn: ({ pageParam, signal }) =>
      hub.listSyncRuns(rule, { limit: 20, ...(pageParam === '' ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  });
}

/** One plan or run with what it did. */
export function useSyncRun(id: string | undefined) {
  return useQuery({
    queryKey: keys.syncRun(id ?? ''),
    queryFn: ({ signal }) => hub.getSyncRun(id ?? '', { signal }),
    enabled: id !== undefined,
    refetchInterval: (query) => (isOpen(query.state.data) ? whileOpen : false),
  });
}

/** Puts a rule that was saved into what is on screen; the hub's answer settles the rest. */
export function keepRule(client: QueryClient, rule: SyncRule): void {
  client.setQueryData(keys.syncRule(rule.id), rule);
  client.setQueryData<Page<SyncRule>>(
    keys.syncRules,
    (list) => list && { ...list, items: [...list.items.filter((each) => each.id !== rule.id), rule] },
  );
  void client.invalidateQueries({ queryKey: keys.syncRules });
  void client.invalidateQueries({ queryKey: keys.syncRuns(rule.id) });
}

/** After a run was begun or told to stop. */
export function refreshRule(client: QueryClient, rule: string): Promise<unknown> {
  return Promise.all([
    client.invalidateQueries({ queryKey: keys.syncRule(rule) }),
    client.invalidateQueries({ queryKey: keys.syncRuns(rule) }),
    client.invalidateQueries({ queryKey: keys.syncRules }),
    client.invalidateQueries({ queryKey: ['sync-run'] }),
  ]);
}
