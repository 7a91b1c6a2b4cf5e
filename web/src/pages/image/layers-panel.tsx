import { Checkbox, Tooltip } from '@mantine/core';
import { useState } from 'react';
import type { ImageManifest, Layer } from '../../api/types.ts';
import { Panel } from '../../components/bits.tsx';
import { DigestText } from '../../components/copy.tsx';
import { EmptyState } from '../../components/states.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import styles from './image.module.css';

/** What an image is made of: a bar in proportion, and the same as a table with the command behind each layer. */
export function LayersPanel({ manifest }: { manifest: ImageManifest }) {
  const [lit, setLit] = useState<number>();
  const [withEmpty, setWithEmpty] = useState(false);
  const layers = manifest.layers.map((layer, index) => ({ layer, index }));
  const filled = layers.filter(({ layer }) => !layer.empty);
  const shown = withEmpty ? layers : filled;
  const total = filled.reduce((sum, { layer }) => sum + layer.size, 0);
  const hidden = layers.length - filled.length;
  if (layers.length === 0)
    return (
      <EmptyState small title="No layers">
        <p>This manifest lists no content of its own.</p>
      </EmptyState>
    );
  return (
    <Panel
      title={
        <span className="num">
          {plural(filled.length, 'layer')}, {formatBytes(total)}
        </span>
      }
      actions={
        hidden > 0 && (
          <Checkbox
            size="xs"
            label={`With ${plural(hidden, 'step that adds', 'steps that add')} nothing`}
            checked={withEmpty}
            onChange={(event) => setWithEmpty(event.currentTarget.checked)}
          />
        )
      }
    >
      <div className={styles.bar} aria-hidden="true" onMouseLeave={() => setLit(undefined)}>
        {filled.map(({ layer, index }) => (
          <Tooltip key={index} label={`${formatBytes(layer.size)} · ${commandOf(layer).slice(0, 120)}`} maw={420} openDelay={0}>
            <div
              className={`${styles.segment} ${lit === index ? styles.lit : ''}`}
              style={{ flexGrow: Math.max(layer.size, 1), flexBasis: 0 }}
              onMouseEnter={() => setLit(index)}
            />
          </Tooltip>
        ))}
      </div>
      <table className={styles.layers}>
        <thead>
          <tr>
            <th scope="col" className={styles.right}>
              Size
            </th>
            <th scope="col" className={styles.right}>
              Share
            </th>
            <th scope="col">Made by</th>
            <th scope="col" className={styles.hideNarrow}>
              Digest
            </th>
          </tr>
        </thead>
        <tbody onMouseLeave={() => setLit(undefined)}>
          {shown.map(({ layer, index }) => (
            <tr key={index} onMouseEnter={() => setLit(index)}>
              <td className={`${styles.right} num`}>{layer.empty ? <span className="dim">—</span> : formatBytes(layer.size)}</td>
              <td className={`${styles.right} num dim`}>
                {layer.empty || total === 0 ? '' : `${((layer.size / total) * 100).toFixed(layer.size / total < 0.1 ? 1 : 0)} %`}
              </td>
              <td>
                <Command text={commandOf(layer)} />
              </td>
              <td className={styles.hideNarrow}>
                {layer.empty ? <span className="dim">no layer</span> : <DigestText digest={layer.digest} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function commandOf(layer: Layer): string {
  return layer.command ?? layer.annotations?.['org.opencontainers.image.title'] ?? layer.mediaType;
}

function Command({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const clean = text
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^\/bin\/sh -c /, 'RUN ')
    .replace(/\s*# buildkit$/, '');
  return (
    <div className={whole ? `${styles.command} ${styles.whole}` : styles.command}>
      {clean.length > 110 ? (
        <button type="button" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {clean}
        </button>
      ) : (
        clean
      )}
    </div>
  );
}
