import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Referrer } from '../../api/types.ts';
import { Chip, Panel, row, Sheet } from '../../components/bits.tsx';
import { DigestText } from '../../components/copy.tsx';
import { IconChevronDown, IconChevronRight, IconDocument, IconShield } from '../../components/icons.tsx';
import { EmptyState, LoadingRows, PartialNotice, ProblemView } from '../../components/states.tsx';
import { formatBytes } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import styles from './image.module.css';

interface Place {
  registry: string;
  repository: string;
  digest: string;
}

/** What was attached to the image: signatures, SBOMs, attestations, and what was attached to those. */
export function ReferrersPanel(place: Place) {
  const referrers = useReferrers(place, true);
  if (referrers.isPending) return <LoadingRows rows={3} height={44} label="Loading referrers" />;
  if (referrers.error !== null) return <ProblemView error={referrers.error} onRetry={() => void referrers.refetch()} />;
  const { items, partial, via } = referrers.data;
  if (items.length === 0) {
    return (
      <EmptyState small title={via === 'none' ? 'This registry keeps no referrers' : 'Nothing is attached to this image'}>
        <p>
          Signatures (cosign, notation), SBOMs and build attestations show here when they are pushed to the same repository as referrers of
          the digest.
        </p>
      </EmptyState>
    );
  }
  return (
    <Panel title={via === 'tag-schema' ? 'Attached, by the tag schema' : 'Attached'}>
      <PartialNotice partial={partial} />
      <ul className={styles.tree}>
        {items.map((item) => (
          <Node key={item.digest} referrer={item} place={place} depth={1} />
        ))}
      </ul>
    </Panel>
  );
}

function useReferrers({ registry, repository, digest }: Place, enabled: boolean) {
  return useQuery({
    queryKey: keys.referrers(registry, repository, digest),
    queryFn: ({ signal }) => hub.listReferrers(registry, repository, digest, { signal }),
    enabled,
  });
}

function Node({ referrer, place, depth }: { referrer: Referrer; place: Place; depth: number }) {
  const [open, setOpen] = useState(false);
  const below = useReferrers({ ...place, digest: referrer.digest }, open && depth < 5);
  const annotations = Object.entries(referrer.annotations ?? {});
  return (
    <li>
      <div className={styles.node}>
        <div className={styles.nodeHead}>
          <button
            type="button"
            className={styles.expand}
            aria-expanded={open}
            aria-label={`Details of ${referrer.title}`}
            onClick={() => setOpen(!open)}
          >
            {open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          </button>
          {/signature/i.test(referrer.title) ? <IconShield /> : <IconDocument />}
          <Link
            href={paths.image(place.registry, { repository: place.repository, digest: referrer.digest })}
            style={{ color: 'var(--text)', fontWeight: 550 }}
          >
            {referrer.title}
          </Link>
          <DigestText digest={referrer.digest} />
          <span className="dim num">{formatBytes(referrer.size)}</span>
        </div>
      </div>
      {open && (
        <ul className={styles.tree}>
          <li className={styles.node}>
            <Sheet
              rows={[
                row('Artifact type', referrer.artifactType === undefined ? undefined : <Chip mono>{referrer.artifactType}</Chip>),
                row('Media type', <span className="mono">{referrer.mediaType}</span>),
                ...annotations.map(([name, value]) => row(name, <span className="mono">{value}</span>)),
              ]}
            />
          </li>
          {below.error !== null && (
            <li>
              <ProblemView error={below.error} onRetry={() => void below.refetch()} />
            </li>
          )}
          {below.data?.items.map((child) => (
            <Node key={child.digest} referrer={child} place={place} depth={depth + 1} />
          ))}
        </ul>
      )}
    </li>
  );
}
