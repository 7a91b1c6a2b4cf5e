import { Tooltip } from '@mantine/core';
import type { RegistryState } from '../api/types.ts';
import { formatExact } from '../lib/format.ts';
import { stateWords } from '../lib/registry-state.ts';
import { useNow } from '../lib/use-now.ts';
import styles from './bits.module.css';

/** A state as a shape, a colour and words: `ok · 2 min ago`, `failing for 3 h: password rejected`. */
export function StateDot({ state, full = false }: { state: RegistryState; full?: boolean }) {
  const now = useNow();
  const words = stateWords(state, now);
  const content = (
    <span className={styles.state}>
      <span className={`${styles.dot} ${styles[state.state]}`} aria-hidden="true" />
      <span className={full ? undefined : styles.clamp}>{words}</span>
    </span>
  );
  if (state.checkedAt === undefined) return content;
  return (
    <Tooltip maw={360} label={`${state.summary ?? words} · checked ${formatExact(state.checkedAt)}`}>
      {content}
    </Tooltip>
  );
}
