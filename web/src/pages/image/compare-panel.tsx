import { Autocomplete, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Image } from '../../api/types.ts';
import { Panel, row, Sheet } from '../../components/bits.tsx';
import { DigestText } from '../../components/copy.tsx';
import { DiffTable } from '../../components/diff-table.tsx';
import { LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { compareImages, type ImageComparison } from '../../lib/compare-images.ts';
import { formatBytes, plural } from '../../lib/format.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import styles from './image.module.css';

/** This image beside another tag of the repository: layers shared, size, configuration. */
export function ComparePanel({ image, platform }: { image: Image; platform: string }) {
  const [other, setOther] = useUrlState('with');
  const [text, setText] = useState(other);
  const tags = useQuery({
    queryKey: ['tag-names', image.registryId, image.repository, text],
    queryFn: ({ signal }) =>
      hub.listTags(image.registry, image.repository, { limit: 20, ...(text === '' ? {} : { filter: text }) }, { signal }),
    retry: false,
  });
  const wanted = platform === '' ? (image.manifest?.platform ?? '') : platform;
  const second = useQuery({
    queryKey: keys.image(image.registry, image.repository, other, image.platforms.length > 0 ? wanted : ''),
    queryFn: ({ signal }) =>
      hub.getImage(image.registry, image.repository, other, image.platforms.length > 0 && wanted !== '' ? { platform: wanted } : {}, {
        signal,
      }),
    enabled: other !== '',
  });
  const names = (tags.data?.items ?? []).map((tag) => tag.name).filter((name) => name !== image.tag);
  return (
    <div className={styles.stack}>
      <form
        style={{ display: 'flex', gap: 8, alignItems: 'flex-end', flexWrap: 'wrap' }}
        onSubmit={(event) => {
          event.preventDefault();
          setOther(text.trim());
        }}
      >
        <Autocomplete
          label="Compare with"
          placeholder="Tag or digest"
          className="mono"
          data={names}
          value={text}
          onChange={setText}
          onOptionSubmit={setOther}
          style={{ flex: '1 1 220px', maxWidth: 360 }}
        />
        <Button type="submit" variant="default" disabled={text.trim() === ''}>
          Compare
        </Button>
      </form>
      {other !== '' && second.isPending && <LoadingRows rows={4} height={40} label="Loading the other image" />}
      {second.error !== null && <ProblemView error={second.error} onRetry={() => void second.refetch()} />}
      {second.data &&
        (image.manifest && second.data.manifest ? (
          <Result
            result={compareImages(image.manifest, second.data.manifest)}
            left={image.tag ?? 'this'}
            right={second.data.tag ?? 'the other'}
            same={image.digest === second.data.digest}
          />
        ) : (
          <Notice>One of the two has no image for this platform.</Notice>
        ))}
    </div>
  );
}

function Result({ result, left, right, same }: { result: ImageComparison; left: string; right: string; same: boolean }) {
  if (same) return <Notice kind="good">Both are the same digest: identical content.</Notice>;
  const sign = result.sizeDelta > 0 ? '+' : result.sizeDelta < 0 ? '−' : '±';
  const columns = [
    { title: `Only in ${left}`, layers: result.onlyLeft },
    { title: `Only in ${right}`, layers: result.onlyRight },
  ];
  return (
    <>
      <Panel title="Size and layers">
        <Sheet
          rows={[
            row(
              'Size',
              <span className={styles.delta}>
                {right} is {sign}
                {formatBytes(Math.abs(result.sizeDelta))}
              </span>,
            ),
            row('Shared', `${plural(result.sharedLayers, 'layer')}, ${formatBytes(result.sharedBytes)}`),
          ]}
        />
        {columns.map(({ title, layers }) => (
          <div key={title} style={{ marginTop: 10 }}>
            <h3 style={{ margin: '0 0 4px', fontSize: '0.8125rem', fontWeight: 550 }}>{title}</h3>
            {layers.length === 0 ? (
              <span className="dim">No layer</span>
            ) : (
              <table className={styles.layers}>
                <tbody>
                  {layers.map((layer) => (
                    <tr key={layer.digest}>
                      <td className={`${styles.right} num`}>{formatBytes(layer.size)}</td>
                      <td>
                        <div className={styles.command}>{layer.command ?? '—'}</div>
                      </td>
                      <td className={styles.hideNarrow}>
                        <DigestText digest={layer.digest} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        ))}
      </Panel>
      <Panel title="Configuration">
        <DiffTable changes={result.config} empty="No difference." />
      </Panel>
    </>
  );
}
