import { useMay } from '../../api/queries.ts';
import type { SyncRule } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { isOpen } from '../../lib/sync-words.ts';
import { scheduleWords } from '../../lib/sync-schedule.ts';
import styles from './sync.module.css';
import { useEnable, useStartRun } from './use-start-run.ts';

/** What a rule waits for that does not run yet: its plan, then to be started. */
export function RuleNext({ rule }: { rule: SyncRule }) {
  const may = useMay();
  const start = useStartRun(rule);
  const enable = useEnable(rule);
  if (rule.enabled || !may('sync:write') || isOpen(rule.lastRun)) return null;
  const byHand = rule.spec.schedule === undefined;
  if (rule.planned && byHand) return null;
  const last = rule.lastRun;
  const deletes = last?.kind === 'plan' && last.ruleVersion === rule.version ? (last.counts?.deleted ?? 0) : 0;
  return (
    <Notice kind="info">
      <div className={styles.stack} style={{ gap: 8 }}>
        {rule.planned ? (
          <span>
            <strong>It does not run by itself.</strong> Its plan was made; once started, it runs {scheduleWords(rule.spec.schedule)}
            {deletes > 0 && `, and deletes ${plural(deletes, 'tag')} at ${rule.destination.name} the first time`}.
          </span>
        ) : (
          <span>
            <strong>Its plan comes first.</strong> It lists the source, compares each tag with the destination, and says what a run would
            copy and delete. It changes nothing.
          </span>
        )}
        <span className={styles.row}>
          {rule.planned ? (
            <BusyButton size="xs" busy={enable.isPending} onClick={() => enable.mutate(true)}>
              Start
            </BusyButton>
          ) : (
            <BusyButton size="xs" busy={start.isPending} onClick={() => start.mutate('plan')}>
              Plan
            </BusyButton>
          )}
        </span>
        {(start.error ?? enable.error) !== null && <ProblemView error={start.error ?? enable.error} />}
      </div>
    </Notice>
  );
}
