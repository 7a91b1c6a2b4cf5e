import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { AuditEntry } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip, row, Sheet } from '../../components/bits.tsx';
import { DiffTable } from '../../components/diff-table.tsx';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { EmptyState, LoadingRows, PartialNotice, ProblemView } from '../../components/states.tsx';
import { auditVerb, byDay, namesTarget } from '../../lib/audit-words.ts';
import { diffObjects } from '../../lib/diff.ts';
import { paths } from '../../lib/paths.ts';
import styles from './activity.module.css';
import { BusyButton } from '../../components/busy-button.tsx';

interface AuditListProps {
  actor?: string;
  action?: string;
  target?: string;
  onClear?: () => void;
}

/** Who did what, newest first; a row opens to what was changed. */
export function AuditList({ actor, action, target, onClear }: AuditListProps) {
  const query = { ...(actor ? { actor } : {}), ...(action ? { action } : {}), ...(target ? { target } : {}) };
  const list = useInfiniteQuery({
    queryKey: [...keys.audit, query],
    queryFn: ({ pageParam, signal }) =>
      hub.listAudit({ limit: 100, ...query, ...(pageParam === '' ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    staleTime: 5_000,
  });
  if (list.isPending) return <LoadingRows rows={12} height={42} label="Loading activity" />;
  if (list.error !== null && !list.data) return <ProblemView error={list.error} onRetry={() => void list.refetch()} />;
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (entries.length === 0) {
    return (
      <EmptyState
        small
        title={Object.keys(query).length > 0 ? 'Nothing of this kind was recorded' : 'Nothing has happened yet'}
        action={
          onClear && (
            <Button size="xs" variant="default" onClick={onClear}>
              Clear the filters
            </Button>
          )
        }
      >
        <p>
          Every change is recorded here, and every use of a stored credential: who, when, from where, before and after. Secrets never are.
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      <PartialNotice partial={list.data?.pages.find((page) => page.partial)?.partial} />
      {byDay(entries).map(({ day, entries: ofDay }) => (
        <section key={day} aria-label={day}>
          <h2 className={styles.day}>{day}</h2>
          <ul className={styles.list}>
            {ofDay.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </ul>
        </section>
      ))}
      {list.hasNextPage && (
        <BusyButton mt="md" variant="default" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show earlier
        </BusyButton>
      )}
    </>
  );
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

function Entry({ entry }: { entry: AuditEntry }) {
  const [open, setOpen] = useState(false);
  const failed = entry.outcome !== 'ok';
  const changes = diffObjects(entry.before, entry.after);
  return (
    <li className={styles.entry}>
      <button type="button" className={styles.head} aria-expanded={open} onClick={() => setOpen(!open)}>
        <time className={`${styles.time} num`} dateTime={entry.at}>
          {timeOfDay.format(new Date(entry.at))}
        </time>
        <span style={{ minWidth: 0 }}>
          <strong style={{ fontWeight: 550 }}>{entry.actor.name}</strong> {auditVerb(entry.action)}
          {namesTarget(entry) && <> {entry.target?.name}</>} {failed && <Chip kind="bad">{entry.outcome.replaceAll('_', ' ')}</Chip>}
        </span>
        <span className={`${styles.address} mono`}>{entry.address}</span>
        {open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
      </button>
      {open && (
        <div className={styles.detail}>
          <Sheet
            rows={[
              row('When', <Ago time={entry.at} />),
              row('Who', `${entry.actor.name} (${entry.actor.kind})`),
              row('From', entry.address === undefined ? undefined : <span className="mono">{entry.address}</span>),
              row('Action', <span className="mono">{entry.action}</span>),
              row('Of', entry.target && <Target target={entry.target} />),
              row('Outcome', failed ? <span className="mono">{entry.outcome}</span> : 'done'),
              row('Detail', entry.detail),
            ]}
          />
          {(entry.before !== undefined || entry.after !== undefined) && <DiffTable changes={changes} empty="Nothing visible changed." />}
        </div>
      )}
    </li>
  );
}

function Target({ target }: { target: NonNullable<AuditEntry['target']> }) {
  const label = target.name ?? target.id ?? '';
  if (target.kind === 'registry' && target.name !== undefined) {
    return (
      <>
        registry <Link href={paths.registry(target.name)}>{label}</Link>
      </>
    );
  }
  if (target.id !== undefined && (target.kind === 'copy' || target.kind === 'sync-rule')) {
    const to = target.kind === 'copy' ? paths.copy(target.id) : paths.syncRule(target.id);
    return (
      <>
        {target.kind.replace('-', ' ')} <Link href={to}>{label}</Link>
      </>
    );
  }
  return (
    <>
      {target.kind} {label}
    </>
  );
}
