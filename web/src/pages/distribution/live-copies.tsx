import { Button } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Copy } from '../../api/types.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useStableOrder } from '../../lib/use-stable-order.ts';
import styles from './distribution.module.css';
import { LiveCopy } from './live-copy.tsx';

interface LiveCopiesProps {
  open: readonly Copy[];
  /** Of open copies, which may be more than were read. */
  total: number;
  /** Changes when the person asks for the list as it is now. */
  round: number;
  onShowAll: () => void;
}

/**
 * Copies that wait or run. One that ends keeps its place and shows its outcome until the list is shown anew, and one that somebody
 * starts meanwhile is announced: nothing moves under the cursor.
 */
export function LiveCopies({ open, total, round, onShowAll }: LiveCopiesProps) {
  const [ownRound, setOwnRound] = useState(0);
  const [followed, setFollowed] = useState<string>();
  const [seen, setSeen] = useState<{ round: string; ids: readonly string[] }>({ round: '', ids: [] });
  const key = `${round}/${ownRound}`;
  const sorted = inOrder(open).map((copy) => copy.id);
  // What was shown once in this round stays, although the hub no longer counts it among the open ones.
  const kept = seen.round === key ? seen.ids.filter((id) => !sorted.includes(id)) : [];
  const arranged = useStableOrder(key, [...sorted, ...kept]);
  if (seen.round !== key || arranged.shown.some((id) => !seen.ids.includes(id))) {
    setSeen({ round: key, ids: [...new Set([...(seen.round === key ? seen.ids : []), ...arranged.shown])] });
  }
  const endings = useQueries({
    queries: kept.map((id) => ({ queryKey: keys.copy(id), queryFn: ({ signal }: { signal: AbortSignal }) => hub.getCopy(id, { signal }) })),
  });
  const byId = new Map<string, Copy>(open.map((copy) => [copy.id, copy]));
  for (const { data } of endings) if (data) byId.set(data.id, data);
  const shown = arranged.shown.flatMap((id) => byId.get(id) ?? []);
  const ended = shown.filter((copy) => copy.finishedAt !== undefined).length;
  const show = () => setOwnRound((each) => each + 1);
  const beyond = total - open.length;
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby="live-copies" className={styles.live}>
      <div className={styles.liveHead}>
        <h2 id="live-copies">On the way</h2>
        <span className="dim num" role="status">
          {countWords(open)}
        </span>
        <span style={{ flex: 1 }} />
        {arranged.waiting.length > 0 && (
          <Button size="compact-xs" variant="subtle" onClick={show}>
            {plural(arranged.waiting.length, 'more copy', 'more copies')} · show
          </Button>
        )}
        {ended > 0 && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              show();
              onShowAll();
            }}
          >
            Move {ended === 1 ? 'the one that ended' : `the ${ended} that ended`} to the history
          </Button>
        )}
      </div>
      <ul className={styles.liveList}>
        {shown.map((copy) => (
          <LiveCopy key={copy.id} copy={copy} followed={copy.id === followed} onOpen={() => setFollowed(copy.id)} onRetried={show} />
        ))}
      </ul>
      {beyond > 0 && <p className="dim">{formatCount(beyond)} more wait in the queue.</p>}
    </section>
  );
}

/** Those that run first, then the queue as it will be worked off: the oldest first. */
function inOrder(copies: readonly Copy[]): Copy[] {
  const rank = (copy: Copy) => (copy.state === 'running' ? 0 : copy.nextAttemptAt === undefined ? 1 : 2);
  return copies.toSorted((a, b) => rank(a) - rank(b) || a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
}

function countWords(open: readonly Copy[]): string {
  const running = open.filter((copy) => copy.state === 'running').length;
  const waiting = open.length - running;
  const words = [...(running > 0 ? [`${running} running`] : []), ...(waiting > 0 ? [`${waiting} waiting`] : [])];
  return words.length === 0 ? 'all have ended' : words.join(', ');
}
