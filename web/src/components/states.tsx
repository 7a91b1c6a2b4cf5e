import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { problemOf } from '../api/problem.ts';
import type { Problem } from '../api/types.ts';
import { formatRelative } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';
import { IconCheck, IconInfo, IconWarning } from './icons.tsx';
import styles from './states.module.css';

/** An empty list: what would be here, and the one thing to do. */
export function EmptyState({
  title,
  children,
  action,
  small = false,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  small?: boolean;
}) {
  return (
    <section className={small ? `${styles.empty} ${styles.small}` : styles.empty}>
      <h2>{title}</h2>
      {children}
      {action}
    </section>
  );
}

const faults: Record<Problem['fault'], string> = {
  remote: 'The other side refused or failed',
  hub: 'The fault is on Tagboat’s side',
  caller: 'This request could not be done as asked',
};

/** A failure as a reader can use it: what happened, whose fault, what to do, and again. */
export function ProblemView({ error, onRetry, children }: { error: unknown; onRetry?: () => void; children?: ReactNode }) {
  const problem = problemOf(error);
  return (
    <section className={styles.problem} role="alert">
      <h2>
        <IconWarning /> {problem.title}
      </h2>
      <p>{problem.detail}</p>
      {problem.help !== undefined && <p>{problem.help}</p>}
      {problem.references !== undefined && problem.references.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 18 }}>
          {problem.references.map((reference) => (
            <li key={`${reference.kind}/${reference.id}`}>
              {reference.kind.replaceAll('-', ' ')} {reference.name}
            </li>
          ))}
        </ul>
      )}
      {children}
      <div className={styles.row}>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        <span className={styles.meta}>
          {faults[problem.fault]} · <span className="mono">{problem.code}</span>
          {problem.requestId !== undefined && (
            <>
              {' '}
              · request <span className="mono">{problem.requestId}</span>
            </>
          )}
        </span>
      </div>
    </section>
  );
}

const noticeIcons = { warning: <IconWarning />, info: <IconInfo />, good: <IconCheck />, bad: <IconWarning /> };
const noticeClasses = { warning: '', info: styles.info, good: styles.good, bad: styles.bad };

export function Notice({
  kind = 'info',
  children,
  role,
}: {
  kind?: keyof typeof noticeIcons;
  children: ReactNode;
  role?: 'status' | 'alert';
}) {
  return (
    <div className={`${styles.notice} ${noticeClasses[kind]}`} role={role}>
      {noticeIcons[kind]}
      <div style={{ minWidth: 0 }}>{children}</div>
    </div>
  );
}

/** Says that a list is not whole, why, and when it goes on. */
export function PartialNotice({
  partial,
  shown,
}: {
  partial: { reason: string; code: string; retryAt?: string } | undefined;
  shown?: string;
}) {
  const now = useNow();
  if (!partial) return null;
  return (
    <Notice kind="warning" role="status">
      {shown === undefined ? 'This list is not whole' : `Only ${shown}`}: {partial.reason}
      {partial.retryAt !== undefined && ` Continues ${formatRelative(partial.retryAt, now)}.`}
    </Notice>
  );
}

/** A grey bar where text will be. */
export function Bone({ width, height }: { width: number | string; height?: number }) {
  return <div className={`${styles.bone} late`} style={{ width, ...(height === undefined ? {} : { height }) }} aria-hidden="true" />;
}

interface LoadingRowsProps {
  rows: number;
  /** Of one row, as the list has it, so that nothing moves when it comes. */
  height: number;
  label: string;
  /** Leaves the place of a toolbar and a table head. */
  toolbar?: boolean;
}

/** A skeleton of a list: rows of the right height in the right place. */
export function LoadingRows({ rows, height, label, toolbar = false }: LoadingRowsProps) {
  return (
    <div role="status" aria-label={label}>
      {toolbar && (
        <div style={{ height: 72 }}>
          <Bone width="min(360px, 100%)" height={36} />
        </div>
      )}
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} style={{ height, display: 'flex', gap: 24, alignItems: 'center', borderBottom: '1px solid var(--line)' }}>
          <Bone width={`${18 + ((index * 7) % 14)}%`} />
          <Bone width={`${10 + ((index * 5) % 10)}%`} />
          <Bone width={`${8 + ((index * 3) % 8)}%`} />
        </div>
      ))}
    </div>
  );
}
