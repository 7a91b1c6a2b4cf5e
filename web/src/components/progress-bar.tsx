import styles from './progress-bar.module.css';

interface ProgressBarProps {
  label: string;
  /** From 0 to 1; undefined while nobody knows. */
  share: number | undefined;
  /** What a screen reader says instead of the bare percentage. */
  words?: string;
  kind?: 'running' | 'waiting' | 'failed' | 'done';
  thin?: boolean;
}

/** How far something is. While the whole is not known the bar is hatched rather than empty. */
export function ProgressBar({ label, share, words, kind = 'running', thin = false }: ProgressBarProps) {
  const percent = share === undefined ? undefined : Math.round(Math.max(0, Math.min(1, share)) * 1000) / 10;
  return (
    <div
      className={`${styles.track} ${styles[kind]} ${thin ? styles.thin : ''} ${percent === undefined && kind === 'running' ? styles.unknown : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === undefined ? {} : { 'aria-valuenow': Math.floor(percent) })}
      {...(words === undefined ? {} : { 'aria-valuetext': words })}
    >
      {percent !== undefined && <div className={styles.fill} style={{ width: `${percent}%` }} />}
    </div>
  );
}
