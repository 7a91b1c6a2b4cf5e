import type { ReactNode } from 'react';
import type { SyncCounts, SyncRun } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { formatBytes, formatCount } from '../../lib/format.ts';
import styles from './sync.module.css';

interface Fact {
  label: string;
  value: ReactNode;
  more?: ReactNode;
  tone?: string | undefined;
}

/** What a plan or run comes to, in numbers: tags, bytes, requests, quota. */
export function ReportFacts({ counts, kind }: { counts: SyncCounts; kind: SyncRun['kind'] }) {
  const plan = kind === 'plan';
  const { quota } = counts;
  const facts: Fact[] = [
    {
      label: plan ? 'to copy' : 'copied',
      value: formatCount(counts.copied),
      more: `${formatBytes(counts.bytes.moved)}${plan ? ' to move' : ' moved'}`,
    },
    ...(counts.deleted > 0 ? [{ label: plan ? 'to delete' : 'deleted', value: formatCount(counts.deleted), tone: styles.warned }] : []),
    {
      label: 'in step already',
      value: formatCount(counts.unchanged),
      more: `of ${formatCount(counts.tags)} in ${formatCount(counts.repositories)} repositories`,
    },
    ...(counts.skipped > 0
      ? [{ label: 'left alone', value: formatCount(counts.skipped), more: 'see why below', tone: styles.warned }]
      : []),
    ...(counts.failed > 0 ? [{ label: plan ? 'cannot be done' : 'failed', value: formatCount(counts.failed), tone: styles.alarming }] : []),
    ...(counts.bytes.saved > 0 ? [{ label: 'not sent again', value: formatBytes(counts.bytes.saved), more: 'there already' }] : []),
    {
      label: 'requests',
      value: formatCount(counts.requests.source + counts.requests.destination),
      more: `${formatCount(counts.requests.source)} at the source, ${formatCount(counts.requests.destination)} at the destination`,
    },
    ...(quota ? [quotaFact(quota)] : []),
  ];
  return (
    <dl className={styles.facts} aria-label={plan ? 'What a run would do' : 'What was done'}>
      {facts.map(({ label, value, more, tone }) => (
        <div key={label} className={`${styles.fact} ${tone ?? ''}`}>
          <dt>{label}</dt>
          <dd className="num">
            {value}
            {more !== undefined && <small>{more}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function quotaFact({ cost, remaining, limit, resetsAt }: NonNullable<SyncCounts['quota']>): Fact {
  const over = remaining !== undefined && cost > remaining;
  return {
    label: 'of the source’s quota',
    value: formatCount(cost),
    more: (
      <>
        {remaining === undefined ? '' : `${formatCount(remaining)} left`}
        {limit === undefined ? '' : ` of ${formatCount(limit)}`}
        {resetsAt !== undefined && (
          <>
            , renewed <Ago time={resetsAt} />
          </>
        )}
      </>
    ),
    ...(over ? { tone: styles.alarming } : {}),
  };
}
