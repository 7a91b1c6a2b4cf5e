import type { Copy, CopyProgress } from '../../api/types.ts';
import { Notice } from '../../components/states.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { copyName, nextTryWords, progressWords, shareDone, tookTime } from '../../lib/copy-words.ts';
import { formatBytes, formatCount, formatDuration, shortDigest } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';
import { CopyFailureView } from './copy-failure.tsx';
import styles from './distribution.module.css';

/** How far a copy is, in one bar and one line; with `detail`, blob by blob. */
export function CopyProgressView({ copy, detail = false }: { copy: Copy; detail?: boolean }) {
  return detail ? <Detail copy={copy} /> : <Line copy={copy} />;
}

function Line({ copy }: { copy: Copy }) {
  const words = useWords(copy);
  const kind = copy.state === 'done' ? 'done' : copy.state === 'failed' ? 'failed' : copy.state === 'running' ? 'running' : 'waiting';
  const share = copy.state === 'done' ? 1 : shareDone(copy.progress);
  return (
    <>
      <ProgressBar
        label={`Progress of ${copyName(copy)}`}
        share={copy.state === 'queued' ? (share ?? 0) : share}
        words={words}
        kind={kind}
      />
      <span className={`${styles.progressWords} num`}>{words}</span>
    </>
  );
}

/** What the line below the bar says. */
function useWords(copy: Copy): string {
  const now = useNow();
  const { progress, result } = copy;
  switch (copy.state) {
    case 'queued':
      if (copy.nextAttemptAt !== undefined) return `Failed ${times(copy.attempts)}; tries again ${nextTryWords(copy.nextAttemptAt, now)}`;
      return 'Waits for its turn';
    case 'running':
      if (copy.canceling) return 'Stopping: its tags stay as they were';
      return progress === undefined || progress.blobs.total === 0 ? 'Reads the image' : progressWords(progress);
    case 'done': {
      const took = tookTime(copy, now);
      return `${result === undefined ? 'Copied' : `${formatBytes(result.bytes.moved)} moved, ${formatBytes(result.bytes.saved)} saved`}${
        took === undefined ? '' : ` in ${formatDuration(took)}`
      }`;
    }
    case 'failed':
      return copy.failure?.message ?? 'It failed';
    case 'canceled':
      return progress === undefined ? 'Canceled before it began' : `Canceled after ${formatBytes(progress.bytes.sent)} were sent`;
  }
}

const times = (count: number) => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

function Detail({ copy }: { copy: Copy }) {
  const { progress } = copy;
  return (
    <div className={styles.detail}>
      {copy.failure && copy.state !== 'done' && <CopyFailureView copy={copy} failure={copy.failure} />}
      {progress?.notes.map((note) => (
        <Notice key={note}>{note}</Notice>
      ))}
      {progress && (
        <span className="dim num">
          {formatCount(progress.blobs.done)} of {formatCount(progress.blobs.total)} blobs are there · {formatBytes(progress.bytes.sent)}{' '}
          sent
        </span>
      )}
      {progress && copy.state === 'running' && <Blobs progress={progress} />}
    </div>
  );
}

/** Blobs on their way now, each with its own bar. */
function Blobs({ progress }: { progress: CopyProgress }) {
  if (progress.active.length === 0)
    return (
      <span className="dim">
        Nothing is on its way at this moment: it waits for the registries, or for blobs that another copy is sending there.
      </span>
    );
  return (
    <ul className={styles.blobs} aria-label="Blobs on their way">
      {progress.active.map((blob) => (
        <li key={blob.digest}>
          <span className="mono">{shortDigest(blob.digest)}</span>
          <ProgressBar thin label={`Progress of ${shortDigest(blob.digest)}`} share={blob.size === 0 ? undefined : blob.sent / blob.size} />
          <span className="num dim">
            {formatBytes(blob.sent)} of {formatBytes(blob.size)}
          </span>
        </li>
      ))}
    </ul>
  );
}
