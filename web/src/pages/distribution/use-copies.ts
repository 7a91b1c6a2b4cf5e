import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys } from '../../api/queries.ts';
import type { Copy } from '../../api/types.ts';
import { isOpen } from '../../lib/copy-words.ts';

/** Most open copies shown at once; the rest of a longer queue is counted. */
const mostOpen = 200;
const pageSize = 50;

export interface HistoryFilter {
  state: 'done' | 'failed' | 'canceled' | '';
  registry: string;
  text: string;
}

/** Copies that wait or run. The hub's events keep them current, about once a second. */
export function useOpenCopies() {
  return useQuery({
    queryKey: [...keys.copies, 'open'],
    queryFn: ({ signal }) => hub.listCopies({ state: 'open', limit: mostOpen }, { signal }),
    staleTime: 1000,
  });
}

/** Whether there is any copy at all; undefined while that is not known. */
export function useAnyCopy(): boolean | undefined {
  const open = useOpenCopies();
  const all = useQuery({ queryKey: [...keys.copies, 'any'], queryFn: ({ signal }) => hub.listCopies({ limit: 1 }, { signal }) });
  if ((open.data?.items.length ?? 0) > 0) return true;
  if (all.data !== undefined) return all.data.items.length > 0;
  return all.error === null ? undefined : true;
}

/** Copies that ended, newest first, page by page. */
export function useEndedCopies({ state, registry, text }: HistoryFilter) {
  return useInfiniteQuery({
    queryKey: [...keys.copies, 'ended', state, registry, text],
    queryFn: ({ pageParam, signal }) =>
      hub.listCopies(
        {
          limit: pageSize,
          state: state === '' ? 'ended' : state,
          ...(registry === '' ? {} : { registry }),
          ...(text === '' ? {} : { q: text }),
          ...(pageParam === '' ? {} : { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** One copy, four times a second while it is open. */
export function useFollowedCopy(id: string, enabled = true) {
  const client = useQueryClient();
  const copy = useQuery({ queryKey: keys.copy(id), queryFn: ({ signal }) => hub.getCopy(id, { signal }), enabled });
  const open = copy.data !== undefined && isOpen(copy.data);
  useEffect(() => {
    if (!enabled || !open) return;
    const controller = new AbortController();
    const follow = async () => {
      for await (const { data } of hub.followCopy(id, { signal: controller.signal })) client.setQueryData(keys.copy(id), data);
      await client.invalidateQueries({ queryKey: keys.copies });
    };
    // A stream that breaks costs smoothness only: the hub's other events ask for the copy again every second.
    follow().catch(() => {
      if (!controller.signal.aborted) void client.invalidateQueries({ queryKey: keys.copy(id) });
    });
    return () => controller.abort();
  }, [client, id, open, enabled]);
  return copy;
}

/** Stopping a copy and asking for it again. */
export function useCopyActions(onRetried?: (copy: Copy) => void) {
  const client = useQueryClient();
  const settle = (copy: Copy) => {
    client.setQueryData(keys.copy(copy.id), copy);
    return client.invalidateQueries({ queryKey: keys.copies });
  };
  const onError = (error: unknown) => notifications.show({ color: 'red', message: problemOf(error).detail });
  const cancel = useMutation({ mutationFn: (id: string) => hub.cancelCopy(id), onSuccess: (copy) => void settle(copy), onError });
  const retry = useMutation({
    mutationFn: (id: string) => hub.retryCopy(id),
    // Told once the lists have it, so that whoever shows them anew shows it, too.
    onSuccess: async (copy) => {
      await settle(copy);
      onRetried?.(copy);
    },
    onError,
  });
  return { cancel, retry };
}
