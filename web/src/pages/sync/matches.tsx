import { useState } from 'react';
import { problemOf } from '../../api/problem.ts';
import { PartialNotice } from '../../components/states.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import { isGlob, matchingNames } from '../../lib/sync-globs.ts';
import { lines, type RuleDraft } from '../../lib/sync-draft.ts';
import connect from '../connect/connect.module.css';
import styles from './sync.module.css';
import type { Names } from './use-names.ts';

const shownAtFirst = 12;

/** Which repositories the globs take of those that the registry lists now, as they are typed. */
export function Matches({ draft, names: { names, error, cut, partial } }: { draft: RuleDraft; names: Names }) {
  const [all, setAll] = useState(false);
  const globs = lines(draft.repositories);
  if (draft.source === '' || globs.length === 0) return null;
  if (error !== null && error !== undefined)
    return (
      <div className={styles.matches} role="status">
        What it takes cannot be shown: {problemOf(error).detail}
      </div>
    );
  if (!names)
    return (
      <div className={`${styles.matches} dim`} role="status">
        Reading the repositories…
      </div>
    );
  const taken = matchingNames(names, globs, lines(draft.exclude));
  const missing = globs.filter((glob) => !isGlob(glob) && !names.includes(glob));
  const shown = all ? taken : taken.slice(0, shownAtFirst);
  return (
    <div className={styles.matches}>
      <span role="status">
        {taken.length === 0 ? (
          <strong>Takes none of {plural(names.length, 'repository', 'repositories')}.</strong>
        ) : (
          <>
            Takes <strong className="num">{formatCount(taken.length)}</strong> of {plural(names.length, 'repository', 'repositories')}
            {cut ? ' that were looked at' : ''}
          </>
        )}
        {missing.length > 0 && ` Not listed there: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}.`}
      </span>
      {shown.length > 0 && (
        <ul className={styles.names} aria-label="Repositories that it takes" {...(all ? { tabIndex: 0 } : {})}>
          {shown.slice(0, 500).map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      )}
      {taken.length > shownAtFirst && (
        <button type="button" className={connect.where} style={{ justifySelf: 'start' }} aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show ${taken.length > 500 ? 'the first 500' : `all ${formatCount(taken.length)}`}`}
        </button>
      )}
      <PartialNotice partial={partial} shown={`${plural(names.length, 'repository', 'repositories')} could be listed`} />
    </div>
  );
}
