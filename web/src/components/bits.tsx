import type { ReactNode } from 'react';
import styles from './bits.module.css';

export type ChipKind = 'plain' | 'accent' | 'warn' | 'bad' | 'good';

export function Chip({ children, kind = 'plain', mono = false }: { children: ReactNode; kind?: ChipKind; mono?: boolean }) {
  const kindClass = kind === 'plain' ? '' : styles[kind];
  return (
    <span className={`${styles.chip} ${kindClass} ${mono ? 'mono' : ''}`}>
      <span className="truncate">{children}</span>
    </span>
  );
}

interface MeterProps {
  /** From 0 to 1. */
  share: number;
  text: ReactNode;
  label: string;
  /** Below these shares the bar turns amber, then red. */
  warnBelow?: number;
  badBelow?: number;
}

/** A small bar with its numbers in words. */
export function Meter({ share, text, label, warnBelow = 0, badBelow = 0 }: MeterProps) {
  const bounded = Math.max(0, Math.min(1, share));
  const tone = bounded < badBelow ? styles.fillBad : bounded < warnBelow ? styles.fillWarn : '';
  return (
    <div className={styles.meter}>
      <div
        className={styles.track}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(bounded * 100)}
      >
        <div className={`${styles.fill} ${tone}`} style={{ width: `${bounded * 100}%` }} />
      </div>
      <span className={`${styles.meterText} num`}>{text}</span>
    </div>
  );
}

export function Panel({ title, actions, children, id }: { title?: ReactNode; actions?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className={styles.panel} id={id}>
      {title !== undefined && (
        <div className={styles.panelHead}>
          <h2>{title}</h2>
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

export interface SheetRow {
  label: string;
  value: ReactNode;
}

export function row(label: string, value: ReactNode): SheetRow {
  return { label, value };
}

/** Names and values, one below the other; absent values are left out. */
export function Sheet({ rows, stacked = false }: { rows: readonly SheetRow[]; stacked?: boolean }) {
  return (
    <dl className={stacked ? `${styles.sheet} ${styles.stacked}` : styles.sheet}>
      {rows
        .filter(({ value }) => value !== undefined && value !== null && value !== '')
        .map(({ label, value }) => (
          <div key={label} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Toolbar({ children }: { children: ReactNode }) {
  return <div className={styles.toolbar}>{children}</div>;
}

export function Grow() {
  return <div className={styles.grow} />;
}
