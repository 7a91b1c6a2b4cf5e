import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useId } from 'react';
import { downloadText, fileNameOf } from '../lib/download.ts';
import styles from './code-file.module.css';
import { IconCheck, IconCopy, IconDownload } from './icons.tsx';

interface CodeFileProps {
  /** Where it goes; its last part is the name when it is saved. */
  path: string;
  content: string;
  /** Beside the path: mode, what to do with a file that is there. */
  remarks?: readonly string[];
  note?: string;
}

/** A file that belongs on a machine of the reader: where, what is in it, to copy or to save. */
export function CodeFile({ path, content, remarks = [], note }: CodeFileProps) {
  const clipboard = useClipboard({ timeout: 1500 });
  const id = useId();
  return (
    <figure className={styles.file} aria-labelledby={id}>
      <figcaption className={styles.head}>
        <span className={styles.path}>
          <span className="mono" id={id}>
            {path}
          </span>
          {remarks.length > 0 && <span className="dim">{remarks.join(' · ')}</span>}
        </span>
        <span className={styles.actions}>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={clipboard.copied ? <IconCheck size={12} /> : <IconCopy size={12} />}
            onClick={() => clipboard.copy(content)}
          >
            {clipboard.copied ? 'Copied' : 'Copy'}
            <span className="visually-hidden"> {path}</span>
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconDownload size={12} />}
            onClick={() => downloadText(fileNameOf(path), content)}
          >
            Download
            <span className="visually-hidden"> {path}</span>
          </Button>
        </span>
      </figcaption>
      {/* Text that scrolls has to be reachable by keyboard. */}
      <pre className={styles.content} tabIndex={0}>
        {content}
      </pre>
      {note !== undefined && <p className={styles.note}>{note}</p>}
    </figure>
  );
}
