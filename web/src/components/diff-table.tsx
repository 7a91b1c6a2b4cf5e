import type { Change } from '../lib/diff.ts';
import styles from './diff-table.module.css';

/** What changed, value by value. */
export function DiffTable({ changes, empty }: { changes: readonly Change[]; empty: string }) {
  if (changes.length === 0) return <span className="dim">{empty}</span>;
  return (
    <table className={styles.diff}>
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <th scope="row" className="mono">
              {change.path}
            </th>
            <td className="mono">{change.before === undefined ? <span className="dim">—</span> : <del>{change.before}</del>}</td>
            <td className="mono">{change.after === undefined ? <span className="dim">—</span> : <ins>{change.after}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
