import { keepPreviousData, useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Tag, TagSort } from '../../api/types.ts';

/** Tags asked for at once; also how many are completed at once when they come on screen. */
const pageSize = 50;

/**
 * The tags of a repository, page by page, and the details (digest, size, platforms) of the pages on screen only: completing
 * 10,000 tags would cost the registry 10,000 requests.
 */
export function useTags(registry: string, repository: string, sort: TagSort | '', filter: string) {
  const query = { limit: pageSize, ...(sort === '' ? {} : { sort }), ...(filter === '' ? {} : { filter }) };
  const key = keys.tags(registry, repository, sort, filter);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      hub.listTags(registry, repository, { ...query, ...(pageParam === '' ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const [visible, setVisible] = useState({ first: 0, last: 0 });
  const pages = list.data?.pages ?? [];
  const cursors = (list.data?.pageParams ?? []) as string[];

  let start = 0;
  const wanted: number[] = [];
  pages.forEach((page, index) => {
    const end = start + page.items.length;
    const onScreen = visible.first < end && visible.last >= start;
    if (onScreen && page.items.some((tag) => tag.complete === false)) wanted.push(index);
    start = end;
  });
  const details = useQueries({
    queries: list.isPlaceholderData
      ? []
      : wanted.map((index) => {
          const cursor = cursors[index] ?? '';
          return {
            queryKey: [...key, 'details', cursor],
            queryFn: ({ signal }: { signal: AbortSignal }) =>
              hub.listTags(registry, repository, { ...query, details: true, ...(cursor === '' ? {} : { cursor }) }, { signal }),
            staleTime: 5 * 60_000,
          };
        }),
  });

  const completed = new Map<string, Tag>();
  for (const detail of details) for (const tag of detail.data?.items ?? []) completed.set(tag.name, tag);
  const items = pages.flatMap((page) => page.items).map((tag) => completed.get(tag.name) ?? tag);
  return {
    list,
    items,
    last: pages.at(-1),
    partial: pages.find((page) => page.partial !== undefined)?.partial,
    detailsPending: details.some((detail) => detail.isPending),
    detailsError: details.find((detail) => detail.error !== null)?.error,
    visible,
    setVisible,
  };
}
