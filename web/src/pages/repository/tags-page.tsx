import { Button, Checkbox, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { useRegistry } from '../../api/queries.ts';
import type { TagSort } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Grow, Toolbar } from '../../components/bits.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { IconRefresh } from '../../components/icons.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, LoadingRows, Notice, PartialNotice, ProblemView } from '../../components/states.tsx';
import { countWords } from '../../lib/count-words.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { useUrlChoice, useUrlState } from '../../lib/use-url-state.ts';
import { TagTable } from './tag-table.tsx';
import { useTags } from './use-tags.ts';
import { BusyButton } from '../../components/busy-button.tsx';

const sorts = [
  { value: '-pushed', label: 'Newest push first' },
  { value: 'pushed', label: 'Oldest push first' },
  { value: '-semver', label: 'Highest version first' },
  { value: 'semver', label: 'Lowest version first' },
  { value: 'name', label: 'Name A to Z' },
  { value: '-name', label: 'Name Z to A' },
] as const satisfies readonly { value: TagSort; label: string }[];
const sortValues = ['', ...sorts.map((sort) => sort.value)] as const;

export default function TagsPage({ registry, repository }: { registry: string; repository: string }) {
  const entity = useRegistry(registry);
  const [filter, setFilter] = useUrlState('filter');
  const [sort, setSort] = useUrlChoice<TagSort | ''>('sort', sortValues, '');
  const [grouped, setGrouped] = useUrlState('group');
  const reference = entity.data === undefined ? undefined : `${entity.data.prefix.split('/')[0]}/${repository}`;
  return (
    <Page
      title={repository}
      crumbs={[
        { label: 'Registries', href: paths.registries },
        { label: registry, href: paths.registry(registry) },
        { label: 'Repositories', href: paths.registry(registry, 'repositories') },
      ]}
      heading={<span className="mono">{repository}</span>}
      actions={reference !== undefined && <CopyButton value={reference} label="Copy the repository’s reference" />}
    >
      <Tags
        registry={registry}
        repository={repository}
        filter={filter}
        onFilter={setFilter}
        sort={sort}
        onSort={setSort}
        grouped={grouped === 'digest'}
        onGroup={(on) => setGrouped(on ? 'digest' : '')}
      />
    </Page>
  );
}

interface TagsProps {
  registry: string;
  repository: string;
  filter: string;
  onFilter: (filter: string) => void;
  sort: TagSort | '';
  onSort: (sort: TagSort | '') => void;
  grouped: boolean;
  onGroup: (grouped: boolean) => void;
}

function Tags({ registry, repository, filter, onFilter, sort, onSort, grouped, onGroup }: TagsProps) {
  const client = useQueryClient();
  const narrow = useMediaQuery('(max-width: 48em)') ?? false;
  const tags = useTags(registry, repository, sort, filter);
  const [refreshing, setRefreshing] = useState(false);
  const { list, items, last, partial, setVisible } = tags;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  const loaded = items.length;
  const onVisible = useCallback(
    (first: number, end: number) => {
      setVisible((previous) => (previous.first === first && previous.last === end ? previous : { first, last: end }));
      if (end >= loaded - 25 && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
    },
    [setVisible, loaded, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage],
  );
  const refresh = async () => {
    setRefreshing(true);
    try {
      await hub.listTags(registry, repository, { limit: 1, refresh: true });
      await client.resetQueries({ queryKey: ['tags', registry, repository] });
    } catch {
      await list.refetch();
    } finally {
      setRefreshing(false);
    }
  };

  const filterProblem = list.error === null ? undefined : problemOf(list.error);
  const filterError = filterProblem?.field === 'filter' ? filterProblem.detail : undefined;
  const toolbar = (
    <Toolbar>
      <FilterInput
        value={filter}
        onChange={onFilter}
        label="Filter tags"
        placeholder="Text, 1.4.*, >=1.4 <2, or /re2/"
        delay={250}
        {...(filterError === undefined ? {} : { error: filterError })}
      />
      <Select
        aria-label="Order"
        placeholder="Usual order"
        data={[...sorts]}
        value={sort === '' ? null : sort}
        onChange={(value) => onSort(sorts.find((each) => each.value === value)?.value ?? '')}
        clearable
        w={180}
      />
      <Checkbox label="Group by digest" checked={grouped} onChange={(event) => onGroup(event.currentTarget.checked)} />
      <Grow />
      {last && (
        <span className="dim num" role="status">
          {filter === ''
            ? countWords({ loaded, total: last.total, more: hasNextPage, partial: partial !== undefined }, 'tag', 'tags')
            : plural(last.total ?? loaded, 'match', 'matches')}
          {last.listedAt !== undefined && (
            <>
              {' '}
              · read <Ago time={last.listedAt} />
            </>
          )}
        </span>
      )}
      <BusyButton variant="default" size="xs" leftSection={<IconRefresh size={14} />} busy={refreshing} onClick={() => void refresh()}>
        Read again
      </BusyButton>
    </Toolbar>
  );

  if (list.isPending) {
    return (
      <>
        {toolbar}
        <LoadingRows rows={14} height={narrow ? 56 : 44} label="Loading tags" />
      </>
    );
  }
  if (list.error !== null && (loaded === 0 || filterError !== undefined)) {
    return (
      <>
        {toolbar}
        {filterError === undefined && <ProblemView error={list.error} onRetry={() => void list.refetch()} />}
      </>
    );
  }
  return (
    <>
      {toolbar}
      <div style={{ display: 'grid', gap: 8, marginBottom: 8 }}>
        <PartialNotice partial={partial} shown={`the first ${formatCount(last?.total ?? loaded)} of more`} />
        {(last?.unsortable ?? 0) > 0 && sort !== '' && (
          <Notice>{plural(last?.unsortable ?? 0, 'tag says', 'tags say')} nothing of this order and come last.</Notice>
        )}
        {tags.detailsError !== undefined && (
          <Notice kind="warning">Digest, size and platforms could not be read for some rows: {problemOf(tags.detailsError).detail}</Notice>
        )}
      </div>
      {loaded === 0 ? (
        <EmptyState
          small
          title={filter === '' ? 'No tags in this repository' : 'No tag matches'}
          action={
            filter !== '' && (
              <Button size="xs" variant="default" onClick={() => onFilter('')}>
                Clear the filter
              </Button>
            )
          }
        >
          <p>
            {filter === ''
              ? 'The repository exists, but nothing in it has a tag. Untagged images can be opened by their digest: …/images/registry/repository@sha256:…'
              : 'Text matches any part of a tag; 1.4.* is a glob, >=1.4 <2 a version range, /^v\\d+$/ a pattern.'}
          </p>
        </EmptyState>
      ) : (
        <TagTable
          registry={registry}
          repository={repository}
          tags={items}
          total={last?.total}
          more={hasNextPage}
          grouped={grouped}
          sort={sort}
          onSort={onSort}
          detailsPending={tags.detailsPending}
          narrow={narrow}
          onVisible={onVisible}
        />
      )}
      {isFetchNextPageError && <ProblemView error={list.error} onRetry={() => void fetchNextPage()} />}
    </>
  );
}
