import { useMutation, useQueryClient } from '@tanstack/react-query';
import { hub } from '../../api/client.ts';
import { useMay } from '../../api/queries.ts';
import type { SyncRun } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Panel } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { formatDuration } from '../../lib/format.ts';
import { causeWords, isOpen, outcomeSentence } from '../../lib/sync-words.ts';
import { ItemList } from './item-list.tsx';
import { ReportFacts } from './report-facts.tsx';
import { ReportWarnings } from './report-warnings.tsx';
import { RunProgress } from './rule-state.tsx';
import styles from './sync.module.css';
import { refreshRule, useSyncRun } from './use-sync.ts';

/** One plan or run: how far it is or what it came to, and what it did tag by tag. */
export function RunView({ id, version }: { id: string; version: number }) {
  const run = useSyncRun(id);
  if (run.isPending) return <LoadingRows rows={4} height={54} label="Loading the run" />;
  if (run.error !== null && !run.data) return <ProblemView error={run.error} onRetry={() => void run.refetch()} />;
  return <Run run={run.data} version={version} />;
}

function Run({ run, version }: { run: SyncRun; version: number }) {
  const open = isOpen(run);
  const plan = run.kind === 'plan';
  return (
    <Panel
      title={
        <>
          {plan ? 'Plan' : 'Run'} <span style={{ fontWeight: 400 }}>· {causeWords(run)} </span>
          <span className="dim" style={{ fontWeight: 400 }}>
            <Ago time={run.startedAt ?? run.createdAt} />
            {run.finishedAt !== undefined &&
              run.startedAt !== undefined &&
              ` · took ${formatDuration(Date.parse(run.finishedAt) - Date.parse(run.startedAt))}`}
          </span>
        </>
      }
      actions={open && <Cancel run={run} />}
    >
      <div className={styles.stack}>
        {open ? (
          <div role="status">
            <RunProgress run={run} />
          </div>
        ) : (
          run.state !== 'failed' && <p style={{ margin: 0 }}>{outcomeSentence(run)}</p>
        )}
        {run.failure && (
          <Notice kind="bad" role="alert">
            {run.failure.message} {run.failure.help}
            {run.failure.side !== undefined && <span className="dim"> The fault is at the {run.failure.side}.</span>}
          </Notice>
        )}
        {run.ruleVersion !== version && !open && <span className="dim">The rule was changed since: this is about what it was then.</span>}
        {run.counts && <ReportFacts counts={run.counts} kind={run.kind} />}
        <ReportWarnings items={run.items ?? []} partial={run.partial ?? []} />
        <ItemList key={run.id} items={run.items ?? []} label={plan ? 'What a run would do' : 'What the run did'} />
      </div>
    </Panel>
  );
}

function Cancel({ run }: { run: SyncRun }) {
  const may = useMay();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => hub.cancelSyncRun(run.id),
    onSettled: () => refreshRule(client, run.rule.id),
  });
  if (!may('sync:write')) return null;
  return (
    <span className={styles.row}>
      {cancel.error !== null && (
        <span role="alert" style={{ color: 'var(--bad-text)', fontSize: '0.8125rem' }}>
          {cancel.error.message}
        </span>
      )}
      <BusyButton size="xs" variant="default" busy={cancel.isPending} disabled={run.canceling} onClick={() => cancel.mutate()}>
        {run.canceling ? 'Stopping…' : 'Stop it'}
      </BusyButton>
    </span>
  );
}
