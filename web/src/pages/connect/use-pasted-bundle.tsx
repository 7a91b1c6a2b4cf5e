import { type ClipboardEvent, type ReactNode, useState } from 'react';
import { hub } from '../../api/client.ts';
import type { Detection } from '../../api/types.ts';
import { Notice, ProblemView } from '../../components/states.tsx';
import { isBundle } from '../../lib/pasted.ts';

/**
 * A whole `docker login` line or JSON key may be pasted into any field of the form: the fields that it speaks of are filled.
 * Keys pasted into their own field stay there.
 */
export function usePastedBundle(onDetected: (detection: Detection) => void): {
  onPaste: (event: ClipboardEvent) => void;
  notice: ReactNode;
} {
  const [result, setResult] = useState<Detection | { error: unknown }>();
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text');
    const target = event.target as Partial<HTMLTextAreaElement> | null;
    if (!isBundle(text) || target?.tagName === 'TEXTAREA') return;
    event.preventDefault();
    hub.detectRegistry({ text }).then(
      (detection) => {
        setResult(detection);
        if (detection.kind !== 'unknown') onDetected(detection);
      },
      (error: unknown) => setResult({ error }),
    );
  };
  return { onPaste, notice: noticeOf(result) };
}

function noticeOf(result: Detection | { error: unknown } | undefined): ReactNode {
  if (result === undefined) return undefined;
  if ('error' in result) return <ProblemView error={result.error} />;
  const filled = [result.url === undefined ? undefined : 'the address', ...Object.keys(result.fields)].filter((each) => each !== undefined);
  const text =
    result.kind === 'unknown' || filled.length === 0
      ? 'The pasted text holds nothing that this form can use.'
      : `${result.summary ?? 'Recognised'}. Filled in: ${filled.join(', ')}.`;
  return (
    <Notice kind={result.kind === 'unknown' ? 'warning' : 'good'} role="status">
      {text}
    </Notice>
  );
}
