import type { SyncItem } from '../../api/types.ts';
import { Notice } from '../../components/states.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import styles from './sync.module.css';

interface ReportWarningsProps {
  items: readonly SyncItem[];
  partial: readonly { repository: string; reason: string }[];
}

/** What a reader must not overlook: listings that were not whole, and deletions that were held back. */
export function ReportWarnings({ items, partial }: ReportWarningsProps) {
  const held = items.filter((item) => item.code === 'sync_deletion_limit');
  return (
    <>
      {partial.length > 0 && (
        <Notice kind="warning" role="status">
          <strong>{plural(partial.length, 'listing was', 'listings were')} not whole.</strong> Nothing is deleted there.
          <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
            {partial.slice(0, 20).map(({ repository, reason }) => (
              <li key={`${repository} ${reason}`}>
                <span className="mono">{repository === '' ? 'The repositories' : repository}</span>: {reason}
              </li>
            ))}
            {partial.length > 20 && <li>and {formatCount(partial.length - 20)} more</li>}
          </ul>
        </Notice>
      )}
      {held.length > 0 && (
        <Notice kind="warning" role="status">
          <strong>Deletions are held back in {plural(held.length, 'repository', 'repositories')}.</strong>
          {held.slice(0, 3).map((item) => (
            <span key={item.destination.repository} style={{ display: 'block' }}>
              <span className="mono">{item.destination.repository}</span>: {item.reason}
            </span>
          ))}
        </Notice>
      )}
    </>
  );
}

/** Some things that would be done, where there is no room for all. */
export function FirstItems({ children, more }: { children: React.ReactNode; more: number }) {
  return (
    <>
      <ul className={styles.firstItems} aria-label="What it would do">
        {children}
      </ul>
      {more > 0 && <span className="dim">and {formatCount(more)} more; all of them stand on the rule’s page</span>}
    </>
  );
}
