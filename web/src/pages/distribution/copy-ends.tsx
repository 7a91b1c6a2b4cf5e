import { Link } from 'wouter';
import type { Copy } from '../../api/types.ts';
import { IconArrowRight } from '../../components/icons.tsx';
import { destinationName, sourceName } from '../../lib/copy-words.ts';
import { paths } from '../../lib/paths.ts';
import styles from './distribution.module.css';

/** What is copied, a link to the copy's page, and below it from where to where. */
export function CopyEnds({ copy }: { copy: Copy }) {
  return (
    <>
      <Link href={paths.copy(copy.id)} className={`${styles.mainLink} mono`}>
        {sourceName(copy.source)}
      </Link>
      <span className={styles.way}>
        <span className="truncate">{copy.source.registry}</span>
        <IconArrowRight size={13} />
        <span className="truncate">
          {copy.destination.registry} <span className="mono">{destinationName(copy.destination)}</span>
        </span>
      </span>
    </>
  );
}
