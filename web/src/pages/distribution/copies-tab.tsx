import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useMay, useRegistries } from '../../api/queries.ts';
import type { Copy } from '../../api/types.ts';
import { Grow, Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { useUrlChoice, useUrlState } from '../../lib/use-url-state.ts';
import { CopyHistory } from './copy-history.tsx';
import { LiveCopies } from './live-copies.tsx';
import { useAnyCopy, useEndedCopies, useOpenCopies } from './use-copies.ts';

const stateChoices = [
  { value: 'done', label: 'Copied' },
  { value: 'failed', label: 'Failed' },
  { value: 'canceled', label: 'Canceled' },
] as const;
const stateValues = ['', 'done', 'failed', 'canceled'] as const;

/** What is on its way now, and below it what was copied before. */
export function CopiesTab() {
  const open = useOpenCopies();
  const [state, setState] = useUrlChoice('state', stateValues, '');
  const [registry, setRegistry] = useUrlState('registry');
  const [text, setText] = useUrlState('q');
  const [round, setRound] = useState(0);
  const anyCopy = useAnyCopy();
  const ended = useEndedCopies({ state, registry, text });
  const registries = useRegistries();
  const filtered = state !== '' || registry !== '' || text !== '';

  if (open.isPending || ended.isPending || anyCopy === undefined)
    return <LoadingRows rows={9} height={62} label="Loading copies" toolbar />;
  if (open.error !== null && !open.data) return <ProblemView error={open.error} onRetry={() => void open.refetch()} />;
  if (ended.error !== null && !ended.data) return <ProblemView error={ended.error} onRetry={() => void ended.refetch()} />;
  const pages = ended.data?.pages ?? [];
  const total = pages.at(-1)?.total ?? 0;
  const openNow = open.data?.items ?? [];
  if (anyCopy === false) return <NoCopies mayStart={registries.data?.items.length !== 0} />;

  const clear = () => {
    setState('');
    setRegistry('');
    setText('');
  };
  const shown: Copy[] = pages.flatMap((page) => page.items);
  return (
    <>
      <LiveCopies open={openNow} total={open.data?.total ?? openNow.length} round={round} onShowAll={() => setRound((each) => each + 1)} />
      <Toolbar>
        <FilterInput value={text} onChange={setText} label="Filter copies" placeholder="Repository, tag or registry" delay={250} />
        <Select
          aria-label="Outcome"
          placeholder="Any outcome"
          data={[...stateChoices]}
          value={state === '' ? null : state}
          onChange={(value) => setState(stateValues.find((each) => each === value) ?? '')}
          clearable
          w={150}
        />
        <Select
          aria-label="Registry"
          placeholder="Any registry"
          data={(registries.data?.items ?? []).map((each) => each.name)}
          value={registry === '' ? null : registry}
          onChange={(value) => setRegistry(value ?? '')}
          searchable
          clearable
          w={180}
        />
        <Grow />
        <span className="dim num" role="status">
          {filtered ? plural(total, 'match', 'matches') : `${plural(total, 'copy', 'copies')} ended`}
        </span>
      </Toolbar>
      {ended.error !== null && <ProblemView error={ended.error} onRetry={() => void ended.refetch()} />}
      {shown.length === 0 ? (
        <EmptyState
          small
          title={filtered ? 'No copy matches' : 'No copy has ended yet'}
          action={
            filtered && (
              <Button variant="default" size="xs" onClick={clear}>
                Clear the filters
              </Button>
            )
          }
        >
          <p>
            {filtered
              ? 'The filter looks at registries, repositories and tags of both ends. Copies are kept for 90 days.'
              : 'What is on its way above comes here when it has ended.'}
          </p>
        </EmptyState>
      ) : (
        <CopyHistory
          copies={shown}
          orderKey={JSON.stringify([state, registry, text, round])}
          onShowNew={() => setRound((each) => each + 1)}
          more={ended.hasNextPage}
          loadingMore={ended.isFetchingNextPage}
          onMore={() => void ended.fetchNextPage()}
        />
      )}
    </>
  );
}

function NoCopies({ mayStart }: { mayStart: boolean }) {
  const may = useMay();
  const canStart = mayStart && may('copy:write');
  return (
    <EmptyState
      title="Nothing has been copied yet"
      action={
        canStart ? (
          <Button component={Link} href={paths.copyNew()}>
            Copy an image
          </Button>
        ) : (
          !mayStart &&
          may('registry:write') && (
            <Button component={Link} href={paths.connect}>
              Connect a registry
            </Button>
          )
        )
      }
    >
      <p>
        A copy takes an image from one registry to others, all of its platforms, byte for byte and with the same digest. What is there
        already is not sent again, and the tag is set last: nobody pulls half an image. One that is interrupted goes on where it stopped.
      </p>
      <p>
        {canStart
          ? 'An image’s own page has “Promote”, which does the same with the destinations of the last time.'
          : mayStart
            ? 'Your role sees copies. Who has the role operator starts them.'
            : 'Connect at least one registry first.'}
      </p>
    </EmptyState>
  );
}
