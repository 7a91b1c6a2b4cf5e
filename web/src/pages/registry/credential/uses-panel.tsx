import { useState } from 'react';
import type { CredentialUse } from '../../../api/types.ts';
import { Ago } from '../../../components/ago.tsx';
import { Chip, Panel } from '../../../components/bits.tsx';
import { formatCount } from '../../../lib/format.ts';
import styles from './credential.module.css';

const shownFirst = 8;

/** Who used the credential in the last 30 days, and what for. */
export function UsesPanel({ uses }: { uses: readonly CredentialUse[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? uses : uses.slice(0, shownFirst);
  return (
    <Panel title="Used in the last 30 days">
      {uses.length === 0 ? (
        <p className="dim" style={{ margin: 0 }}>
          Not at all. Every use is listed here: by people on these pages, by API tokens, by clients that were given it, and by Tagboat
          itself.
        </p>
      ) : (
        <>
          <table className={styles.table} aria-label="Uses of the credential">
            <thead>
              <tr>
                <th scope="col">By</th>
                <th scope="col">For</th>
                <th scope="col">Last</th>
                <th scope="col">First</th>
                <th scope="col" className={styles.right}>
                  Times
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((use) => (
                <tr key={`${use.by.kind}/${use.by.id}/${use.purpose}`}>
                  <td>
                    {use.by.name} {use.by.kind === 'token' && <Chip>token</Chip>}
                  </td>
                  <td>{use.purpose}</td>
                  <td>
                    <Ago time={use.lastAt} />
                  </td>
                  <td className={`${styles.hideNarrow} dim`}>
                    <Ago time={use.firstAt} />
                  </td>
                  <td className={`${styles.right} ${styles.hideNarrow} num`}>{formatCount(use.uses)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {uses.length > shown.length && (
            <button type="button" className={styles.more} onClick={() => setAll(true)}>
              Show all {uses.length}
            </button>
          )}
        </>
      )}
    </Panel>
  );
}
