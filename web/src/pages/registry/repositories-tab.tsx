import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Registry, Repository } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip, Grow, Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { IconRefresh } from '../../components/icons.tsx';
import rows from '../../components/rows.module.css';
import { Bone, EmptyState, LoadingRows, PartialNotice, ProblemView } from '../../components/states.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import { countWords } from '../../lib/count-words.ts';
import { paths } from '../../lib/paths.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { CreateRepository } from './create-repository.tsx';

const pageSize = 200;

export function RepositoriesTab({ registry }: { registry: Registry }) {
  const [text, setText] = useUrlState('q');
  const client = useQueryClient();
  const [refreshing, setRefreshing] = useState(false);
  const narrow = useMediaQuery('(max-width: 48em)') ?? false;
  const key = keys.repositories(registry.id, text);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      hub.listRepositories(
        registry.id,
        { limit: pageSize, ...(text === '' ? {} : { q: text }), ...(pageParam === '' ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const pages = list.data?.pages ?? [];
  const items = pages.flatMap((page) => page.items);
  const last = pages.at(-1);
  const partial = pages.find((page) => page.partial)?.partial;
  const count = list.hasNextPage ? Math.max(last?.total ?? 0, items.length + 1) : items.length;

  const columns = allColumns.filter((column, index) => items.some(column.has) && (!narrow || index < 2));
  const template = ['minmax(0, 1fr)', ...columns.map((column) => column.width)].join(' ');
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  const loaded = items.length;
  const onVisible = useCallback(
    (_: number, end: number) => {
      if (end >= loaded - 30 && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
    },
    [loaded, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage],
  );

  const refresh = async () => {
    setRefreshing(true);
    try {
      await hub.listRepositories(registry.id, { limit: 1, refresh: true });
      await client.resetQueries({ queryKey: ['repositories', registry.id] });
    } catch {
      await list.refetch();
    } finally {
      setRefreshing(false);
    }
  };

  if (list.isPending) return <LoadingRows rows={10} height={44} label="Loading repositories" toolbar />;
  if (list.error !== null && items.length === 0) return <ProblemView error={list.error} onRetry={() => void list.refetch()} />;
  if (items.length === 0 && text === '') return <NoRepositories registry={registry} partial={partial} />;
  return (
    <>
      <Toolbar>
        <FilterInput value={text} onChange={setText} label="Filter repositories" delay={200} />
        <Grow />
        <span className="dim num" role="status">
          {text === ''
            ? countWords({ loaded, total: last?.total, more: hasNextPage, partial: partial !== undefined }, 'repository', 'repositories')
            : plural(last?.total ?? loaded, 'match', 'matches')}
          {last?.listedAt !== undefined && (
            <>
              {' '}
              · read <Ago time={last.listedAt} />
            </>
          )}
        </span>
        <CreateRepository registry={registry} />
        <BusyButton variant="default" size="xs" leftSection={<IconRefresh size={14} />} busy={refreshing} onClick={() => void refresh()}>
          Read again
        </BusyButton>
      </Toolbar>
      <div style={{ marginBottom: partial ? 12 : 0 }}>
        <PartialNotice partial={partial} shown={`the first ${formatCount(loaded)}`} />
      </div>
      {items.length === 0 ? (
        <EmptyState small title={`No repository’s name contains “${text}”`}>
          <p>{partial ? 'But the list is not whole: it may still be there.' : 'The filter looks at any part of the name.'}</p>
        </EmptyState>
      ) : (
        <div role="table" aria-label={`Repositories of ${registry.name}`} aria-rowcount={count + 1} className={rows.table}>
          <div role="rowgroup">
            <div role="row" aria-rowindex={1} className={rows.head} style={{ gridTemplateColumns: template }}>
              <span role="columnheader">Repository</span>
              {columns.map((column) => (
                <span key={column.title} role="columnheader" className={column.right ? rows.right : undefined}>
                  {column.title}
                </span>
              ))}
            </div>
          </div>
          <VirtualRows
            count={count}
            rowHeight={44}
            rowKey={(index) => items[index]?.name ?? `row-${index}`}
            onVisible={onVisible}
            renderRow={(index) => <RepositoryRow repository={items[index]} registry={registry} columns={columns} template={template} />}
          />
          {isFetchNextPageError && <ProblemView error={list.error} onRetry={() => void fetchNextPage()} />}
        </div>
      )}
    </>
  );
}

interface Column {
  title: string;
  width: string;
  right: boolean;
  has: (repository: Repository) => boolean;
  cell: (repository: Repository) => ReactNode;
}

/** Registries differ in what they tell of a repository: a column that nothing stands in is left out. */
const allColumns: Column[] = [
  {
    title: 'Tags',
    width: '80px',
    right: true,
    has: (repository) => repository.tagCount !== undefined,
    cell: ({ tagCount }) => (tagCount === undefined ? <span className="dim">—</span> : formatCount(tagCount)),
  },
  {
    title: 'Pulls',
    width: '110px',
    right: true,
    has: (repository) => repository.pullCount !== undefined,
    cell: ({ pullCount }) => (pullCount === undefined ? <span className="dim">—</span> : formatCount(pullCount)),
  },
  {
    title: 'Updated',
    width: '120px',
    right: false,
    has: (repository) => repository.updatedAt !== undefined,
    cell: ({ updatedAt }) => <Ago time={updatedAt} />,
  },
  {
    title: 'Created',
    width: '120px',
    right: false,
    has: (repository) => repository.createdAt !== undefined,
    cell: ({ createdAt }) => <Ago time={createdAt} />,
  },
];

interface RepositoryRowProps {
  repository: Repository | undefined;
  registry: Registry;
  columns: readonly Column[];
  template: string;
}

function RepositoryRow({ repository, registry, columns, template }: RepositoryRowProps) {
  if (!repository) {
    return (
      <div className={rows.row} style={{ gridTemplateColumns: template }} role="none">
        <span role="cell">
          <Bone width="40%" />
        </span>
      </div>
    );
  }
  return (
    <div className={rows.row} style={{ gridTemplateColumns: template }} role="none">
      <span role="cell" style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
        <Link
          href={paths.repository(registry.name, repository.name)}
          className={`${rows.main} mono truncate`}
          title={repository.description}
        >
          {repository.name}
        </Link>
        {repository.pinned && <Chip>pinned</Chip>}
        {repository.public === true && <Chip>public</Chip>}
      </span>
      {columns.map((column) => (
        <span key={column.title} role="cell" className={column.right ? `${rows.right} num` : undefined}>
          {column.cell(repository)}
        </span>
      ))}
    </div>
  );
}

function NoRepositories({
  registry,
  partial,
}: {
  registry: Registry;
  partial: { reason: string; code: string; retryAt?: string } | undefined;
}) {
  return (
    <EmptyState
      title={partial ? 'The repositories could not be listed' : 'No repositories here yet'}
      action={
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
          <Button variant="default" size="xs" component={Link} href={paths.registry(registry.name, 'edit')}>
            Pin repositories by name
          </Button>
          <CreateRepository registry={registry} />
        </div>
      }
    >
      {partial ? (
        <PartialNotice partial={partial} shown="what was pinned" />
      ) : (
        <p>
          Either nothing was pushed, or this sign-in may not list repositories. Names that you know can be pinned: under Edit, Advanced,
          Pinned repositories.
        </p>
      )}
    </EmptyState>
  );
}
