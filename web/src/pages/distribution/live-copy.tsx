import { ActionIcon } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../api/queries.ts';
import type { Copy } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { Chip } from '../../components/bits.tsx';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { canRetry, copyName, copyState, isOpen } from '../../lib/copy-words.ts';
import { CopyEnds } from './copy-ends.tsx';
import { CopyProgressView } from './copy-progress.tsx';
import styles from './distribution.module.css';
import { useCopyActions, useFollowedCopy } from './use-copies.ts';

interface LiveCopyProps {
  copy: Copy;
  /** Whether it is the one that is asked for four times a second: each such stream keeps one of the browser's few connections. */
  followed: boolean;
  onOpen: () => void;
  onRetried: () => void;
}

/** One copy on its way; opened, with the blobs that are being sent. */
export function LiveCopy({ copy: listed, followed: isFollowed, onOpen, onRetried }: LiveCopyProps) {
  const [open, setOpen] = useState(false);
  const may = useMay();
  const followed = useFollowedCopy(listed.id, open && isFollowed);
  const { cancel, retry } = useCopyActions(onRetried);
  const copy = open && isFollowed && isOpen(listed) ? (followed.data ?? listed) : listed;
  const state = copyState(copy);
  const name = copyName(copy);
  return (
    <li className={styles.liveItem}>
      <div className={styles.liveRow}>
        <ActionIcon
          onClick={() => {
            setOpen(!open);
            if (!open) onOpen();
          }}
          aria-expanded={open}
          aria-label={`Details of ${name}`}
        >
          {open ? <IconChevronDown /> : <IconChevronRight />}
        </ActionIcon>
        <div className={styles.ends}>
          <CopyEnds copy={copy} />
        </div>
        <div className={styles.liveProgress}>
          <CopyProgressView copy={copy} />
        </div>
        <div className={styles.liveActions}>
          <Chip kind={state.kind}>{state.text}</Chip>
          {may('copy:write') && isOpen(copy) && !copy.canceling && (
            <BusyButton size="compact-sm" variant="default" busy={cancel.isPending} onClick={() => cancel.mutate(copy.id)}>
              Cancel<span className="visually-hidden"> {name}</span>
            </BusyButton>
          )}
          {may('copy:write') && canRetry(copy) && (
            <BusyButton size="compact-sm" variant="default" busy={retry.isPending} onClick={() => retry.mutate(copy.id)}>
              Try again<span className="visually-hidden">: {name}</span>
            </BusyButton>
          )}
        </div>
      </div>
      {open && (
        <div className={styles.liveDetail}>
          <CopyProgressView copy={copy} detail />
        </div>
      )}
    </li>
  );
}
