import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import type { SyncItem } from '../../api/types.ts';
import { Chip, Grow, Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { EmptyState } from '../../components/states.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { formatBytes, formatCount, plural } from '../../lib/format.ts';
import { filterItems, type ItemKind, itemKinds, itemWords, kindOf, placeWords, sortItems } from '../../lib/sync-items.ts';
import styles from './sync.module.css';

/** As many as the hub keeps of a plan or run. */
const most = 1000;

const labels: Readonly<Record<ItemKind, string>> = {
  all: 'All',
  copy: 'Copies',
  delete: 'Deletions',
  left: 'Left alone',
  failed: 'Failed',
};

/** What a plan would do, or a run has done, tag by tag. What is in step already is only counted. */
export function ItemList({ items, label }: { items: readonly SyncItem[]; label: string }) {
  const [chosen, setKind] = useState<ItemKind>('all');
  const [text, setText] = useState('');
  const narrow = useMediaQuery('(max-width: 48em)') ?? false;
  if (items.length === 0) return null;
  const kinds = itemKinds.filter((each) => each === 'all' || items.some((item) => kindOf(item) === each));
  const kind = kinds.includes(chosen) ? chosen : 'all';
  // Rows are of one height: room for two lines of reasons where there are any.
  const rowHeight = (narrow ? 28 : 0) + (items.some((item) => item.reason !== undefined) ? 74 : 54);
  const shown = sortItems(filterItems(items, kind, text));
  return (
    <div>
      <Toolbar>
        <FilterInput value={text} onChange={setText} label="Filter by repository, tag or reason" />
        {kinds.length > 2 && (
          <SegmentedControl
            aria-label="What to show"
            size="xs"
            value={kind}
            onChange={(next) => setKind(itemKinds.find((each) => each === next) ?? 'all')}
            data={kinds.map((each) => ({ value: each, label: labels[each] }))}
          />
        )}
        <Grow />
        <span className="dim num" role="status">
          {shown.length < items.length ? `${formatCount(shown.length)} of ` : ''}
          {items.length >= most ? `the first ${formatCount(most)} entries` : plural(items.length, 'entry', 'entries')}
        </span>
      </Toolbar>
      {shown.length === 0 ? (
        <EmptyState small title="Nothing matches">
          <p>The filter looks at repositories, tags and reasons.</p>
        </EmptyState>
      ) : (
        <div role="table" aria-label={label} aria-rowcount={shown.length + 1}>
          <div role="rowgroup" className="visually-hidden">
            <div role="row" aria-rowindex={1}>
              <span role="columnheader">What</span>
              <span role="columnheader">Tag</span>
              <span role="columnheader">Size</span>
            </div>
          </div>
          <VirtualRows
            count={shown.length}
            rowHeight={rowHeight}
            rowKey={(index) => keyOf(shown[index], index)}
            renderRow={(index) => <ItemRow item={shown[index]} />}
          />
        </div>
      )}
    </div>
  );
}

function keyOf(item: SyncItem | undefined, index: number): string {
  return item === undefined
    ? String(index)
    : `${item.action} ${placeWords(item.destination)} ${item.source ? placeWords(item.source) : ''}`;
}

function ItemRow({ item }: { item: SyncItem | undefined }) {
  if (!item) return null;
  const { text, kind } = itemWords(item);
  return (
    <div className={styles.itemRow} role="none">
      <span role="cell">
        <Chip kind={kind}>{text}</Chip>
      </span>
      <span role="cell" className={styles.itemText}>
        <ItemText item={item} />
      </span>
      <span role="cell" className="num" style={{ justifySelf: 'end' }}>
        {item.bytes === undefined ? '' : formatBytes(item.bytes)}
      </span>
    </div>
  );
}

/** The tag at the destination; below it why, or where it comes from when it is called otherwise there. */
export function ItemText({ item }: { item: SyncItem }) {
  const place = item.destination.tag === '*' ? item.destination.repository : placeWords(item.destination);
  const from = item.source && placeWords(item.source) !== placeWords(item.destination) ? `from ${placeWords(item.source)}` : undefined;
  return (
    <>
      <span className="mono" title={place}>
        {place}
      </span>
      {item.reason !== undefined ? (
        <span className={`dim ${styles.reason}`} title={item.reason} style={item.outcome === 'failed' ? { color: 'var(--bad-text)' } : {}}>
          {item.reason}
        </span>
      ) : (
        from !== undefined && (
          <span className="dim mono" title={from}>
            {from}
          </span>
        )
      )}
    </>
  );
}
