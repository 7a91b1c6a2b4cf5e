import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/queries.ts';
import type { SyncRule } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Grow, Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { IconPlus, IconUpload } from '../../components/icons.tsx';
import { EmptyState, LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { scheduleWords } from '../../lib/sync-schedule.ts';
import { isOpen, outcomeWords, ruleMatches, ruleState, sortRules, takesWords } from '../../lib/sync-words.ts';
import { useStableOrder } from '../../lib/use-stable-order.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import { Failing, RuleStateView } from './rule-state.tsx';
import styles from './sync.module.css';
import { useSyncRules } from './use-sync.ts';

/** The rules that keep repositories in step, those that need somebody first. */
export default function SyncTab() {
  const rules = useSyncRules();
  if (rules.isPending) return <LoadingRows rows={5} height={64} label="Loading sync rules" toolbar />;
  if (rules.error !== null && !rules.data) return <ProblemView error={rules.error} onRetry={() => void rules.refetch()} />;
  return rules.data.items.length === 0 ? <NoRules /> : <RuleList rules={rules.data.items} />;
}

function RuleList({ rules }: { rules: readonly SyncRule[] }) {
  const [text, setText] = useUrlState('q');
  const [round, setRound] = useState(0);
  const sorted = sortRules(rules).filter((rule) => ruleMatches(rule, text));
  const arranged = useStableOrder(
    `${round} ${text}`,
    sorted.map(({ id }) => id),
  );
  const byId = new Map(sorted.map((rule) => [rule.id, rule]));
  const shown = arranged.shown.flatMap((id) => byId.get(id) ?? []);
  const failing = rules.filter((rule) => ruleState(rule) === 'failing').length;
  return (
    <>
      <Toolbar>
        <FilterInput value={text} onChange={setText} label="Filter sync rules" />
        <Grow />
        <span className="dim num" role="status">
          {text === '' ? plural(rules.length, 'rule') : `${shown.length} of ${plural(rules.length, 'rule')}`}
          {failing > 0 && `, ${failing} failing`}
        </span>
        <Actions />
      </Toolbar>
      {arranged.waiting.length > 0 && (
        <div className={styles.announce}>
          <Notice role="status">
            {plural(arranged.waiting.length, 'new rule')}.{' '}
            <Button size="compact-xs" variant="subtle" onClick={() => setRound(round + 1)}>
              Show
            </Button>
          </Notice>
        </div>
      )}
      {shown.length === 0 ? (
        <EmptyState small title={`No rule matches “${text}”`}>
          <p>The filter looks at names, registries and what is taken.</p>
        </EmptyState>
      ) : (
        <table className={styles.table} aria-label="Sync rules">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">State</th>
              <th scope="col">Last run</th>
              <th scope="col">Runs</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((rule) => (
              <RuleRow key={rule.id} rule={rule} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function RuleRow({ rule }: { rule: SyncRule }) {
  const last = rule.lastRun;
  return (
    <tr>
      <td className={styles.main}>
        <Link href={paths.syncRule(rule.id)}>{rule.name}</Link>
        <span className={styles.route}>
          {rule.source.name} <span aria-label="to">→</span> {rule.destination.name}
          {rule.spec.mode === 'mirror' && <span className="dim"> · mirror</span>}
        </span>
        <span className={`${styles.takes} mono`} title={takesWords(rule.spec)}>
          {takesWords(rule.spec)}
        </span>
      </td>
      <td>
        <RuleStateView rule={rule} />
      </td>
      <td className={styles.last}>
        {last === undefined ? (
          <span className="dim">never</span>
        ) : isOpen(last) ? (
          <span className="dim">
            begun <Ago time={last.startedAt ?? last.createdAt} />
          </span>
        ) : (
          <>
            {last.kind === 'plan' && 'plan: '}
            {ruleState(rule) === 'failing' ? '' : outcomeWords(last)}
            <span className="dim" style={{ display: 'block' }}>
              <Ago time={last.finishedAt ?? last.createdAt} />
            </span>
            <Failing rule={rule} />
          </>
        )}
      </td>
      <td className={styles.when}>
        {scheduleWords(rule.spec.schedule)}
        {rule.enabled && rule.nextRunAt !== undefined && (
          <span className="dim" style={{ display: 'block' }}>
            next <Ago time={rule.nextRunAt} />
          </span>
        )}
      </td>
    </tr>
  );
}

function Actions() {
  const may = useMay();
  if (!may('sync:write')) return null;
  return (
    <div style={{ display: 'flex', gap: 8 }}>
      <Button variant="default" size="xs" component={Link} href={paths.syncImport} leftSection={<IconUpload size={14} />}>
        Import
      </Button>
      <Button size="xs" component={Link} href={paths.syncRuleNew} leftSection={<IconPlus size={14} />}>
        New rule
      </Button>
    </div>
  );
}

function NoRules() {
  const may = useMay();
  return (
    <EmptyState
      title="Nothing is kept in step yet"
      action={
        may('sync:write') && (
          <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
            <Button component={Link} href={paths.syncRuleNew} leftSection={<IconPlus />}>
              New rule
            </Button>
            <Button variant="default" component={Link} href={paths.syncImport} leftSection={<IconUpload />}>
              Import from regsync or skopeo
            </Button>
          </div>
        )
      }
    >
      <p>
        A sync rule copies the tags that you choose from one registry to another, again and again: every few hours, at fixed times, or when
        the source changes. What the destination has already is not sent a second time, and a tag that did not change costs one request on
        either side.
      </p>
      <p>Before a rule runs for the first time, its plan shows what would be copied, how many bytes that is, and what would be deleted.</p>
      {!may('sync:write') && <p>Your role sees rules. Whoever is an operator can make them.</p>}
    </EmptyState>
  );
}
