import { Tooltip } from '@mantine/core';
import { formatExact, formatRelative } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';

/** A time as people say it, the exact one on hover and focus. */
export function Ago({ time, fallback = '—' }: { time: string | undefined; fallback?: string }) {
  const now = useNow();
  if (time === undefined) return <span className="dim">{fallback}</span>;
  return (
    <Tooltip label={formatExact(time)}>
      <time dateTime={time} className="num">
        {formatRelative(time, now)}
      </time>
    </Tooltip>
  );
}
