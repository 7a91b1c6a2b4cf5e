import { Tabs } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Image } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip, Panel, row, Sheet } from '../../components/bits.tsx';
import { DigestText } from '../../components/copy.tsx';
import { Page } from '../../components/page.tsx';
import { LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import { ComparePanel } from './compare-panel.tsx';
import { ConfigPanel } from './config-panel.tsx';
import styles from './image.module.css';
import { ImageActions } from './image-actions.tsx';
import { LayersPanel } from './layers-panel.tsx';
import { PlatformSwitch } from './platform-switch.tsx';
import { PullPanel } from './pull-panel.tsx';
import { ReferrersPanel } from './referrers-panel.tsx';

export default function ImagePage({ registry, repository, reference }: { registry: string; repository: string; reference: string }) {
  const [platform, setPlatform] = useUrlState('platform');
  const [tab, setTab] = useUrlState('tab', 'layers');
  const image = useQuery({
    queryKey: keys.image(registry, repository, reference, platform),
    queryFn: ({ signal }) => hub.getImage(registry, repository, reference, platform === '' ? {} : { platform }, { signal }),
    placeholderData: keepPreviousData,
  });
  const byDigest = reference.includes(':');
  const shown = image.data;
  return (
    <Page
      title={byDigest ? `${repository}@${reference.slice(0, 19)}` : `${repository}:${reference}`}
      crumbs={[
        { label: 'Registries', href: paths.registries },
        { label: registry, href: paths.registry(registry) },
        { label: repository, href: paths.repository(registry, repository) },
      ]}
      heading={
        <span className="mono">
          {repository}
          <span className="dim">{byDigest ? `@${reference.slice(0, 19)}` : ':'}</span>
          {!byDigest && reference}
        </span>
      }
      actions={shown && <ImageActions image={shown} />}
    >
      {image.isPending && <LoadingRows rows={10} height={44} label="Loading the image" />}
      {image.error !== null && <ProblemView error={image.error} onRetry={() => void image.refetch()} />}
      {shown && image.error === null && (
        <>
          <Facts image={shown} />
          {shown.platforms.length > 0 && (
            <div style={{ marginBottom: 16 }}>
              <PlatformSwitch image={shown} value={platform === '' ? (shown.manifest?.platform ?? '') : platform} onChange={setPlatform} />
            </div>
          )}
          <div className={styles.columns}>
            <Tabs value={tab} onChange={(value) => setTab(value ?? 'layers')} keepMounted={false}>
              <Tabs.List mb="md">
                <Tabs.Tab value="layers">{shown.kind === 'image' || shown.kind === 'index' ? 'Layers' : 'Content'}</Tabs.Tab>
                {shown.manifest?.config && <Tabs.Tab value="config">Config</Tabs.Tab>}
                <Tabs.Tab value="referrers">Signatures and SBOMs</Tabs.Tab>
                <Tabs.Tab value="compare">Compare</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="layers">
                {shown.manifest ? (
                  <LayersPanel manifest={shown.manifest} />
                ) : (
                  <Notice>This index has no image for a platform that can be shown.</Notice>
                )}
              </Tabs.Panel>
              <Tabs.Panel value="config">{shown.manifest?.config && <ConfigPanel config={shown.manifest.config} />}</Tabs.Panel>
              <Tabs.Panel value="referrers">
                <ReferrersPanel registry={registry} repository={repository} digest={shown.digest} />
              </Tabs.Panel>
              <Tabs.Panel value="compare">
                <ComparePanel image={shown} platform={platform} />
              </Tabs.Panel>
            </Tabs>
            <div className={styles.stack}>
              <PullPanel image={shown} />
              <Annotations image={shown} />
            </div>
          </div>
        </>
      )}
    </Page>
  );
}

function Facts({ image }: { image: Image }) {
  const artifact = image.kind !== 'image' && image.kind !== 'index';
  const created = image.manifest?.config?.createdAt;
  return (
    <div className={styles.facts}>
      {artifact && <Chip kind="accent">{image.artifactTitle ?? image.artifactType ?? 'Artifact'}</Chip>}
      <DigestText digest={image.digest} />
      {image.manifest && <span className="num">{formatBytes(image.manifest.size)}</span>}
      {image.kind === 'index' && <span>{plural(image.platforms.length, 'platform')}</span>}
      {created !== undefined && (
        <span>
          built <Ago time={created} />
        </span>
      )}
      {image.otherTags.length > 0 && (
        <span>
          also{' '}
          {image.otherTags.slice(0, 6).map((tag, index) => (
            <span key={tag}>
              {index > 0 && ', '}
              <Link href={paths.image(image.registry, { repository: image.repository, tag })}>{tag}</Link>
            </span>
          ))}
          {image.otherTags.length > 6 && ` and ${image.otherTags.length - 6} more`}
        </span>
      )}
    </div>
  );
}

function Annotations({ image }: { image: Image }) {
  const all = { ...image.annotations, ...image.manifest?.annotations };
  const entries = Object.entries(all);
  return (
    <Panel title="Details">
      <Sheet
        stacked
        rows={[
          row('Media type', <span className="mono">{image.mediaType}</span>),
          row('Artifact type', image.artifactType === undefined ? undefined : <span className="mono">{image.artifactType}</span>),
          row(
            'Manifest',
            image.manifest && image.manifest.digest !== image.digest ? <DigestText digest={image.manifest.digest} /> : undefined,
          ),
          ...entries.map(([name, value]) => row(name, <AnnotationValue value={value} />)),
        ]}
      />
    </Panel>
  );
}

/** Annotations are anybody's text: only plain web addresses become links, and those say where they lead. */
function AnnotationValue({ value }: { value: string }) {
  if (/^https?:\/\/[^\s<>"]+$/.test(value)) {
    return (
      <a href={value} target="_blank" rel="noreferrer noopener nofollow">
        {value}
      </a>
    );
  }
  return <span className="mono">{value}</span>;
}
