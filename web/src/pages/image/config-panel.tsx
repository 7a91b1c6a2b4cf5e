import type { ImageConfig } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Panel, row, Sheet } from '../../components/bits.tsx';
import { CopyText } from '../../components/copy.tsx';
import styles from './image.module.css';

const quoted = (words: readonly string[] | undefined) =>
  words === undefined || words.length === 0
    ? undefined
    : words.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

/** The image's configuration as a sheet to read. */
export function ConfigPanel({ config }: { config: ImageConfig }) {
  const mono = (text: string | undefined) =>
    text === undefined || text === '' ? undefined : (
      <span className="mono">
        <CopyText value={text} label="Value">
          <span style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{text}</span>
        </CopyText>
      </span>
    );
  const platform = [config.os, config.architecture, config.variant].filter(Boolean).join('/');
  const labels = Object.entries(config.labels ?? {});
  return (
    <div className={styles.stack}>
      <Panel title="Runs as">
        <Sheet
          rows={[
            row('Entrypoint', mono(quoted(config.entrypoint))),
            row('Command', mono(quoted(config.cmd))),
            row('User', mono(config.user) ?? <span className="dim">root, as none is set</span>),
            row('Working directory', mono(config.workingDir)),
            row('Ports', mono(config.ports?.join(', '))),
            row('Volumes', mono(config.volumes?.join(', '))),
            row('Stop signal', mono(config.stopSignal)),
            row('Platform', mono(platform)),
            row('Author', config.author),
            row('Built', config.createdAt === undefined ? undefined : <Ago time={config.createdAt} />),
          ]}
        />
      </Panel>
      {(config.env?.length ?? 0) > 0 && (
        <Panel title="Environment">
          <ul className={styles.env}>
            {config.env?.map((line) => {
              const equals = line.indexOf('=');
              return (
                <li key={line} className="mono" style={{ overflowWrap: 'anywhere' }}>
                  <strong>{line.slice(0, equals)}</strong>
                  <span className="dim">=</span>
                  {line.slice(equals + 1)}
                </li>
              );
            })}
          </ul>
        </Panel>
      )}
      {labels.length > 0 && (
        <Panel title="Labels">
          <Sheet rows={labels.map(([name, value]) => row(name, <span className="mono">{value}</span>))} />
        </Panel>
      )}
    </div>
  );
}
