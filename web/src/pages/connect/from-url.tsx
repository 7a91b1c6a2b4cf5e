import type { Provider } from '../../api/types.ts';
import { Chip } from '../../components/bits.tsx';
import styles from './connect.module.css';
import { type Inferred, inferredFacts } from './use-inferred.ts';

/** What need not be asked, because the address says it. */
export function FromUrl({ provider, signIn, inferred }: { provider: Provider; signIn: string; inferred: Inferred }) {
  const facts = inferredFacts(provider, signIn, inferred);
  if (facts.length === 0) return null;
  return (
    <div className={styles.fromUrl} role="status">
      <span className="dim">Read from the URL:</span>
      {facts.map(({ label, value }) => (
        <Chip key={label}>
          {label} <span className="mono">{value}</span>
        </Chip>
      ))}
    </div>
  );
}
