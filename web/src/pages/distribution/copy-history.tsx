import { Button } from '@mantine/core';
import { useMay } from '../../api/queries.ts';
import type { Copy } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { Notice } from '../../components/states.tsx';
import { canRetry, causeWords, copyName, copyState, failureSide, tookTime } from '../../lib/copy-words.ts';
import { formatBytes, formatDuration, plural } from '../../lib/format.ts';
import { useStableOrder } from '../../lib/use-stable-order.ts';
import styles from './distribution.module.css';
import { CopyEnds } from './copy-ends.tsx';
import { useCopyActions } from './use-copies.ts';

interface CopyHistoryProps {
  copies: readonly Copy[];
  /** Changes with what the person asked for; the order is kept as long as it does not. */
  orderKey: string;
  onShowNew: () => void;
  more: boolean;
  loadingMore: boolean;
  onMore: () => void;
}

/** Copies that ended, newest first. */
export function CopyHistory({ copies, orderKey, onShowNew, more, loadingMore, onMore }: CopyHistoryProps) {
  const { retry } = useCopyActions(onShowNew);
  const may = useMay();
  const known = useStableOrder(
    orderKey,
    copies.map((copy) => copy.id),
  );
  // What comes behind the last known row is an older page; what comes before it ended meanwhile, and is announced.
  const firstKnown = copies.findIndex((copy) => known.shown.includes(copy.id));
  const fresh = new Set(copies.slice(0, Math.max(0, firstKnown)).map((copy) => copy.id));
  const rows = copies.filter((copy) => !fresh.has(copy.id));
  return (
    <>
      {fresh.size > 0 && (
        <div className={styles.announce}>
          <Notice role="status">
            {plural(fresh.size, 'more copy has', 'more copies have')} ended.{' '}
            <Button size="compact-xs" variant="subtle" onClick={onShowNew}>
              Show
            </Button>
          </Notice>
        </div>
      )}
      <div role="table" aria-label="Copies that ended" className={styles.history}>
        <div role="rowgroup">
          <div role="row" className={styles.historyHead}>
            <span role="columnheader">Image</span>
            <span role="columnheader">Outcome</span>
            <span role="columnheader" className={styles.right}>
              Moved
            </span>
            <span role="columnheader" className={styles.right}>
              Saved
            </span>
            <span role="columnheader" className={styles.right}>
              Took
            </span>
            <span role="columnheader">Ended</span>
          </div>
        </div>
        <div role="rowgroup">
          {rows.map((copy) => (
            <HistoryRow
              key={copy.id}
              copy={copy}
              {...(may('copy:write') ? { onRetry: () => retry.mutate(copy.id) } : {})}
              busy={retry.isPending && retry.variables === copy.id}
            />
          ))}
        </div>
      </div>
      {more && (
        <BusyButton mt="md" variant="default" busy={loadingMore} onClick={onMore}>
          Show older
        </BusyButton>
      )}
    </>
  );
}

function HistoryRow({ copy, onRetry, busy }: { copy: Copy; onRetry?: () => void; busy: boolean }) {
  const state = copyState(copy);
  const took = tookTime(copy, 0);
  const { failure, result } = copy;
  const none = <span className="dim">—</span>;
  return (
    <div role="row" className={styles.historyRow}>
      <span role="cell" className={styles.ends}>
        <CopyEnds copy={copy} />
      </span>
      <span role="cell" className={styles.outcome}>
        <Chip kind={state.kind}>{state.text}</Chip>
        {onRetry && canRetry(copy) && (
          <BusyButton size="compact-xs" variant="default" busy={busy} onClick={onRetry}>
            Try again<span className="visually-hidden">: {copyName(copy)}</span>
          </BusyButton>
        )}
      </span>
      <span role="cell" className={`${styles.right} ${styles.moved} num`} data-label="moved">
        {result ? formatBytes(result.bytes.moved) : copy.progress ? formatBytes(copy.progress.bytes.sent) : none}
      </span>
      <span role="cell" className={`${styles.right} ${styles.saved} num`} data-label="saved">
        {result ? formatBytes(result.bytes.saved) : none}
      </span>
      <span role="cell" className={`${styles.right} ${styles.took} num`} data-label="took">
        {took === undefined ? none : formatDuration(took)}
      </span>
      <span role="cell" className={styles.ended}>
        <Ago time={copy.finishedAt} />
        <span className="dim truncate">{causeWords(copy)}</span>
      </span>
      {failure && copy.state === 'failed' && (
        <span role="cell" className={styles.why}>
          <strong>{failureSide(failure, copy)}:</strong> {failure.message}{' '}
          {failure.help !== undefined && <span className="dim">{failure.help}</span>}
        </span>
      )}
    </div>
  );
}
