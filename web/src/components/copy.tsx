import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { type ReactNode, useId } from 'react';
import { shortDigest } from '../lib/format.ts';
import styles from './bits.module.css';
import { IconCheck, IconCopy } from './icons.tsx';

export function CopyButton({ value, label }: { value: string; label: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={clipboard.copied ? 'Copied' : label}>
      <ActionIcon onClick={() => clipboard.copy(value)} aria-label={clipboard.copied ? `${label}: copied` : label}>
        {clipboard.copied ? <IconCheck /> : <IconCopy />}
      </ActionIcon>
    </Tooltip>
  );
}

/** Text that copies its whole value when clicked; the whole value shows on hover. */
export function CopyText({ value, label, children, tabIndex }: { value: string; label: string; children?: ReactNode; tabIndex?: number }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={clipboard.copied ? 'Copied' : value} maw={520} style={{ overflowWrap: 'anywhere' }}>
      <button
        type="button"
        tabIndex={tabIndex}
        className={styles.copy}
        onClick={(event) => {
          event.stopPropagation();
          event.preventDefault();
          clipboard.copy(value);
        }}
      >
        <span className="visually-hidden">Copy {label.toLowerCase()} </span>
        <span className={styles.copyText}>{children ?? value}</span>
        {clipboard.copied ? <IconCheck size={13} style={{ opacity: 1 }} /> : <IconCopy size={13} />}
      </button>
    </Tooltip>
  );
}

export function DigestText({ digest, tabIndex }: { digest: string; tabIndex?: number }) {
  return (
    <span className="mono" style={{ whiteSpace: 'nowrap' }}>
      <CopyText value={digest} label="Digest" {...(tabIndex === undefined ? {} : { tabIndex })}>
        {shortDigest(digest)}
      </CopyText>
    </span>
  );
}

/** One line of a command or file, with its copy button. */
export function CodeLine({ text, label }: { text: string; label: string }) {
  const id = useId();
  return (
    <div className={styles.line}>
      {/* A line that scrolls has to be reachable by keyboard. */}
      <code id={id} tabIndex={0}>
        {text}
      </code>
      <CopyButton value={text} label={`Copy ${label}`} />
    </div>
  );
}
