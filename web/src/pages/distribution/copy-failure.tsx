import type { Copy, CopyFailure } from '../../api/types.ts';
import { Notice } from '../../components/states.tsx';
import { failureSide, nextTryWords } from '../../lib/copy-words.ts';
import { useNow } from '../../lib/use-now.ts';

/** Why a copy failed: which side, what happened, what to do next. */
export function CopyFailureView({ copy, failure, alert = false }: { copy: Copy; failure: CopyFailure; alert?: boolean }) {
  const now = useNow();
  const waits = copy.state === 'queued' || copy.state === 'running';
  return (
    <Notice kind={waits ? 'warning' : 'bad'} {...(alert ? { role: 'alert' as const } : {})}>
      <strong style={{ fontWeight: 600 }}>
        {failureSide(failure, copy)}
        {waits && copy.nextAttemptAt !== undefined && `; tries again ${nextTryWords(copy.nextAttemptAt, now)}`}
      </strong>
      <div>{failure.message}</div>
      {failure.help !== undefined && <div>{failure.help}</div>}
      <div className="mono" style={{ color: 'var(--dim)' }}>
        {failure.code}
      </div>
    </Notice>
  );
}
