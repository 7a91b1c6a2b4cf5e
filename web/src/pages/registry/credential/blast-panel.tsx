import { useState } from 'react';
import type { BlastRadius, Registry } from '../../../api/types.ts';
import { Ago } from '../../../components/ago.tsx';
import { Chip, Panel } from '../../../components/bits.tsx';
import { countWordsOf } from '../../../lib/credential-words.ts';
import styles from './credential.module.css';

const shownFirst = 6;

/** Who would notice if the credential stopped working. */
export function BlastPanel({ registry, radius }: { registry: Registry; radius: BlastRadius }) {
  const [all, setAll] = useState(false);
  const shown = all ? radius.items : radius.items.slice(0, shownFirst);
  return (
    <Panel title="Who would notice">
      {radius.total === 0 ? (
        <p className="dim" style={{ margin: 0 }}>
          Nobody yet: nothing refers to {registry.name}, and in the last 30 days nobody used its credential.
        </p>
      ) : (
        <>
          <p style={{ margin: '0 0 10px', display: 'flex', flexWrap: 'wrap', gap: 6 }}>
            {countWordsOf(radius.counts).map((words) => (
              <Chip key={words}>{words}</Chip>
            ))}
          </p>
          <ul className={styles.rows} aria-label="Who would notice">
            {shown.map((item) => (
              <li key={`${item.kind}/${item.id}`}>
                <span>
                  <span className="dim">{item.kind === 'user' ? 'person' : item.kind}</span> {item.name}
                </span>
                <span className="dim" style={{ fontSize: '0.8125rem' }}>
                  {item.lastUsedAt === undefined ? (
                    'depends on it'
                  ) : (
                    <>
                      {item.purpose !== undefined && `${item.purpose}, `}
                      <Ago time={item.lastUsedAt} />
                    </>
                  )}
                </span>
              </li>
            ))}
          </ul>
          {radius.items.length > shown.length && (
            <button type="button" className={styles.more} onClick={() => setAll(true)}>
              Show all {radius.items.length}
            </button>
          )}
          {all && radius.total > radius.items.length && (
            <p className={styles.note}>
              These are {radius.items.length} of {radius.total}, those that used it last.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
