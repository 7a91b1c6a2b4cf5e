import { Tooltip } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Tag, TagSort } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip } from '../../components/bits.tsx';
import { DigestText } from '../../components/copy.tsx';
import { IconArrowDown, IconArrowUp } from '../../components/icons.tsx';
import rows from '../../components/rows.module.css';
import { Bone } from '../../components/states.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { formatBytes, formatCount, shortPlatform } from '../../lib/format.ts';
import { groupByDigest, type TagGroup } from '../../lib/group-tags.ts';
import { paths } from '../../lib/paths.ts';
import { PromoteButton } from '../distribution/promote-button.tsx';

interface TagTableProps {
  registry: string;
  repository: string;
  tags: readonly Tag[];
  total: number | undefined;
  more: boolean;
  grouped: boolean;
  sort: TagSort | '';
  onSort: (sort: TagSort | '') => void;
  detailsPending: boolean;
  narrow: boolean;
  onVisible: (first: number, last: number) => void;
}

export function TagTable(props: TagTableProps) {
  const { tags, grouped, more, total } = props;
  const shown = useMemo<readonly (Tag | TagGroup)[]>(() => (grouped ? groupByDigest(tags) : tags), [tags, grouped]);
  // Rows that are still to come have their place already, so that the scroll bar does not lie and nothing jumps.
  const pending = more ? Math.max((total ?? tags.length + 1) - tags.length, 1) : 0;
  const count = shown.length + pending;
  return (
    <div role="table" aria-label={`Tags of ${props.repository}`} aria-rowcount={count + 1} className={rows.table}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={`${rows.head} ${rows.tags}`}>
          <Head label="Tag" up="name" down="-name" sort={props.sort} onSort={props.onSort} />
          <span role="columnheader">Digest</span>
          <Head label="Pushed" up="pushed" down="-pushed" first="-pushed" sort={props.sort} onSort={props.onSort} />
          <span role="columnheader" className={rows.right}>
            Size
          </span>
          <span role="columnheader" className={rows.wide}>
            Platforms
          </span>
          <span role="columnheader" className={rows.act}>
            <span className="visually-hidden">Actions</span>
          </span>
        </div>
      </div>
      <VirtualRows
        count={count}
        rowHeight={props.narrow ? 56 : 44}
        rowKey={(index) => shown[index]?.name ?? `row-${index}`}
        onVisible={props.onVisible}
        renderRow={(index) => {
          const tag = shown[index];
          return tag ? (
            <TagRow
              tag={tag}
              registry={props.registry}
              repository={props.repository}
              waiting={props.detailsPending && tag.complete === false}
            />
          ) : (
            <div className={`${rows.row} ${rows.tags}`} role="none">
              <span role="cell">
                <Bone width={`${30 + ((index * 13) % 40)}%`} />
              </span>
            </div>
          );
        }}
      />
    </div>
  );
}

interface HeadProps {
  label: string;
  up: TagSort;
  down: TagSort;
  first?: TagSort;
  sort: TagSort | '';
  onSort: (sort: TagSort | '') => void;
}

function Head({ label, up, down, first = up, sort, onSort }: HeadProps) {
  const direction = sort === up ? 'ascending' : sort === down ? 'descending' : undefined;
  const next = sort === up ? down : sort === down ? up : first;
  return (
    <span role="columnheader" aria-sort={direction}>
      <button type="button" className={direction ? `${rows.sort} ${rows.sorted}` : rows.sort} onClick={() => onSort(next)}>
        {label}
        {direction === 'ascending' && <IconArrowUp size={12} />}
        {direction === 'descending' && <IconArrowDown size={12} />}
      </button>
    </span>
  );
}

function TagRow({ tag, registry, repository, waiting }: { tag: Tag | TagGroup; registry: string; repository: string; waiting: boolean }) {
  const also = 'also' in tag ? tag.also : [];
  const blank = waiting ? <Bone width={56} /> : <span className="dim">—</span>;
  return (
    <div className={`${rows.row} ${rows.tags}`} role="none">
      <span role="cell" style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
        <Link href={paths.image(registry, { repository, tag: tag.name })} className={`${rows.main} mono truncate`} title={tag.name}>
          {tag.name}
        </Link>
        {also.length > 0 && (
          <Tooltip label={also.join(', ')} maw={420}>
            <span className={`${rows.also} truncate`}>
              = {also.slice(0, 2).join(', ')}
              {also.length > 2 && ` +${formatCount(also.length - 2)}`}
            </span>
          </Tooltip>
        )}
      </span>
      <span role="cell">{tag.digest === undefined ? blank : <DigestText digest={tag.digest} />}</span>
      <span role="cell">
        {tag.pushedAt === undefined && tag.createdAt !== undefined ? <Created time={tag.createdAt} /> : <Ago time={tag.pushedAt} />}
      </span>
      <span role="cell" className={`${rows.right} num`}>
        {tag.size === undefined ? blank : formatBytes(tag.size)}
      </span>
      <span role="cell" className={`${rows.chips} ${rows.wide}`}>
        {tag.kind !== 'image' && tag.kind !== 'index' && tag.kind !== 'unknown' ? (
          <Chip kind="accent">{tag.artifactTitle ?? tag.artifactType ?? (tag.kind === 'helm-chart' ? 'Helm chart' : 'Artifact')}</Chip>
        ) : tag.platforms === undefined ? (
          blank
        ) : (
          <Platforms platforms={tag.platforms} />
        )}
      </span>
      <span role="cell" className={`${rows.right} ${rows.act}`}>
        <PromoteButton small image={{ registry, repository, reference: tag.name }} />
      </span>
    </div>
  );
}

function Platforms({ platforms }: { platforms: readonly string[] }) {
  const shown = platforms.slice(0, 3);
  const rest = platforms.length - shown.length;
  return (
    <>
      {shown.map((platform) => (
        <Chip key={platform}>{shortPlatform(platform)}</Chip>
      ))}
      {rest > 0 && (
        <Tooltip label={platforms.join(', ')} maw={420}>
          <span>
            <Chip>+{rest}</Chip>
          </span>
        </Tooltip>
      )}
    </>
  );
}

/** Where the push is not known, the build time of the image, said as what it is. */
function Created({ time }: { time: string }) {
  return (
    <span className="dim">
      built <Ago time={time} />
    </span>
  );
}
