import { Link } from 'wouter';
import type { SyncRun } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip, Panel } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import { causeWords, isOpen, openWords, outcomeWords } from '../../lib/sync-words.ts';
import styles from './sync.module.css';
import { useSyncRuns } from './use-sync.ts';

/** Plans and runs of a rule, newest first; one of them is shown below. */
export function RunHistory({ rule, current }: { rule: string; current: string | undefined }) {
  const runs = useSyncRuns(rule);
  const items = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="History">
      {runs.isPending && <LoadingRows rows={3} height={44} label="Loading the history" />}
      {runs.error !== null && items.length === 0 && <ProblemView error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data && items.length === 0 && (
        <p className="dim" style={{ margin: 0 }}>
          Neither planned nor run yet.
        </p>
      )}
      {items.length > 0 && (
        <ul className={styles.history} aria-label="Plans and runs">
          {items.map((run) => (
            <li key={run.id}>
              <RunLink run={run} shown={run.id === current} />
            </li>
          ))}
        </ul>
      )}
      {runs.hasNextPage && (
        <BusyButton
          size="compact-sm"
          variant="subtle"
          busy={runs.isFetchingNextPage}
          onClick={() => void runs.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          Older ones
        </BusyButton>
      )}
    </Panel>
  );
}

function RunLink({ run, shown }: { run: SyncRun; shown: boolean }) {
  const bad = run.state === 'failed';
  return (
    <Link
      href={`${paths.syncRule(run.rule.id)}?run=${encodeURIComponent(run.id)}`}
      className={styles.historyLink ?? ''}
      aria-current={shown ? 'true' : undefined}
    >
      <span className="truncate" style={bad ? { color: 'var(--bad-text)' } : {}}>
        {run.kind === 'plan' && <Chip>plan</Chip>} {isOpen(run) ? openWords(run) : outcomeWords(run)}
      </span>
      <span className="dim">
        <Ago time={run.finishedAt ?? run.startedAt ?? run.createdAt} />
      </span>
      <span className="dim">{causeWords(run)}</span>
    </Link>
  );
}
