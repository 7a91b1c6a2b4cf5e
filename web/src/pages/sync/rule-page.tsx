import { Link } from 'wouter';
import { ApiError } from '../../api/problem.ts';
import { useRegistries } from '../../api/queries.ts';
import type { SyncRule } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Panel, row, Sheet } from '../../components/bits.tsx';
import { Page } from '../../components/page.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { copySettingsWords } from '../../lib/copy-settings-words.ts';
import { paths } from '../../lib/paths.ts';
import { emptyRule } from '../../lib/sync-draft.ts';
import { scheduleWords } from '../../lib/sync-schedule.ts';
import { tagWords } from '../../lib/sync-words.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import { ruleCrumbs } from './new-rule-page.tsx';
import { RuleActions } from './rule-actions.tsx';
import { RuleNext } from './rule-next.tsx';
import { Failing, RuleStateView } from './rule-state.tsx';
import { RunHistory } from './run-history.tsx';
import { RunView } from './run-view.tsx';
import styles from './sync.module.css';
import { useSyncRule } from './use-sync.ts';

/** One rule: what it does, what comes next, and what its plans and runs came to. */
export default function RulePage({ id }: { id: string }) {
  const rule = useSyncRule(id);
  const [chosen] = useUrlState('run');
  const shown = chosen === '' ? rule.data?.lastRun?.id : chosen;
  const gone = rule.error instanceof ApiError && rule.error.status === 404;
  return (
    <Page title={rule.data?.name ?? 'Sync rule'} crumbs={ruleCrumbs} actions={rule.data && !gone && <RuleActions rule={rule.data} />}>
      {rule.isPending && <LoadingRows rows={5} height={48} label="Loading the rule" />}
      {rule.error !== null && (gone || !rule.data) && <ProblemView error={rule.error} onRetry={() => void rule.refetch()} />}
      {rule.data && !gone && (
        <div className={styles.stack}>
          <RuleNext rule={rule.data} />
          <div className={styles.columns}>
            <Overview rule={rule.data} />
            <RunHistory rule={rule.data.id} current={shown} />
          </div>
          {shown !== undefined && <RunView id={shown} version={rule.data.version} />}
        </div>
      )}
    </Page>
  );
}

function Overview({ rule }: { rule: SyncRule }) {
  const { spec } = rule;
  const registries = useRegistries();
  const host = (id: string) => registries.data?.items.find((each) => each.id === id)?.host;
  const mono = (text: string) => <span className="mono">{text}</span>;
  return (
    <Panel title="What it does">
      <Sheet
        rows={[
          row(
            'State',
            <>
              <RuleStateView rule={rule} />
              <Failing rule={rule} />
            </>,
          ),
          row('From', <RegistryLink name={rule.source.name} host={host(rule.source.id)} />),
          row('Repositories', mono(spec.source.repositories.join(', '))),
          row('Except', spec.source.exclude?.length ? mono(spec.source.exclude.join(', ')) : undefined),
          row('Tags', tagWords(spec.source.tags)),
          row('To', <RegistryLink name={rule.destination.name} host={host(rule.destination.id)} />),
          row('As', mono(`${spec.destination.repository ?? emptyRule.repositoryRule}:${spec.destination.tag ?? emptyRule.tagRule}`)),
          row(
            'Deletes',
            spec.mode === 'mirror'
              ? `what the rule would not put there, at most ${spec.deletionLimit ?? 10} % of a repository’s tags at once`
              : 'nothing',
          ),
          row(
            'Runs',
            <>
              {scheduleWords(spec.schedule)}
              {rule.enabled && rule.nextRunAt !== undefined && (
                <span className="dim">
                  {' · '}next <Ago time={rule.nextRunAt} />
                </span>
              )}
            </>,
          ),
          row('Options', copySettingsWords(spec.settings ?? {})),
          row(
            'Changed',
            <>
              <Ago time={rule.updatedAt} /> by {rule.updatedBy}
            </>,
          ),
        ]}
      />
    </Panel>
  );
}

function RegistryLink({ name, host }: { name: string; host: string | undefined }) {
  return (
    <>
      <Link href={paths.registry(name)}>{name}</Link>
      {host !== undefined && <span className="dim mono"> {host}</span>}
    </>
  );
}
