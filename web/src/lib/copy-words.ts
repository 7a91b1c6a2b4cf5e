import type { Copy, CopyFailure, CopyOutcome, CopyPlan, CopyProgress } from '../api/types.ts';
import { formatBytes, formatRelative, formatSpan, plural } from './format.ts';

/** How copies are spoken of on the page. All functions are pure. */

type ChipKind = 'plain' | 'accent' | 'warn' | 'bad' | 'good';

/** Whether it is queued or running. */
export function isOpen(copy: Pick<Copy, 'finishedAt'>): boolean {
  return copy.finishedAt === undefined;
}

/** Whether a person may ask for it again as it was. */
export function canRetry(copy: Pick<Copy, 'state'>): boolean {
  return copy.state === 'failed' || copy.state === 'canceled';
}

/** The state in one or two words, and the colour that they stand on. */
export function copyState(copy: Pick<Copy, 'state' | 'canceling' | 'nextAttemptAt' | 'result'>): { text: string; kind: ChipKind } {
  if (copy.canceling && (copy.state === 'queued' || copy.state === 'running')) return { text: 'stopping', kind: 'warn' };
  switch (copy.state) {
    case 'queued':
      return copy.nextAttemptAt === undefined ? { text: 'waiting', kind: 'plain' } : { text: 'tries again', kind: 'warn' };
    case 'running':
      return { text: 'running', kind: 'accent' };
    case 'done':
      return copy.result?.outcome === 'unchanged' ? { text: 'was there', kind: 'plain' } : { text: 'copied', kind: 'good' };
    case 'failed':
      return { text: 'failed', kind: 'bad' };
    case 'canceled':
      return { text: 'canceled', kind: 'plain' };
  }
}

/** `shop/api:1.8.2`, `shop/api@sha256:4f0c…`. */
export function sourceName(source: Copy['source']): string {
  return source.reference.includes(':')
    ? `${source.repository}@${source.reference.slice(0, 19)}`
    : `${source.repository}:${source.reference}`;
}

/** `shop/api:1.8.2`, `shop/api:1.8.2 and :stable`, `shop/api (by digest only)`. */
export function destinationName(destination: Copy['destination']): string {
  const [first, ...others] = destination.tags;
  if (first === undefined) return `${destination.repository} (by digest only)`;
  const rest = others.length === 0 ? '' : others.length === 1 ? ` and :${others[0]}` : ` and ${others.length} more tags`;
  return `${destination.repository}:${first}${rest}`;
}

/** The whole copy in one line, for labels. */
export function copyName(copy: Pick<Copy, 'source' | 'destination'>): string {
  return `${sourceName(copy.source)} from ${copy.source.registry} to ${copy.destination.registry}`;
}

const causes: Record<Copy['cause'], string> = { person: 'copied', promotion: 'promoted', retry: 'tried again' };

/** Why it was made, as a verb before the name of who asked for it: `promoted by Ana`. */
export function causeWords(copy: Pick<Copy, 'cause' | 'by'>): string {
  return `${causes[copy.cause]} by ${copy.by.name}`;
}

/** Milliseconds that are left at the present speed. Undefined while nothing can be said. */
export function timeLeft(progress: CopyProgress): number | undefined {
  const rest = progress.bytes.total - progress.bytes.done;
  if (progress.speed <= 0 || rest <= 0) return undefined;
  return (rest / progress.speed) * 1000;
}

/** From 0 to 1; undefined while the size is not known. */
export function shareDone(progress: CopyProgress | undefined): number | undefined {
  if (progress === undefined || progress.bytes.total === 0) return undefined;
  return Math.min(1, progress.bytes.done / progress.bytes.total);
}

/** `120 MiB of 300 MiB · 24.0 MiB/s · 8 s left`. */
export function progressWords(progress: CopyProgress): string {
  const { bytes, speed } = progress;
  const left = timeLeft(progress);
  return [
    `${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}`,
    ...(speed > 0 ? [`${formatBytes(speed)}/s`] : []),
    ...(speed === 0 && progress.active.length === 0 && bytes.done < bytes.total ? ['nothing on its way now'] : []),
    ...(left === undefined ? [] : [left < 1000 ? 'almost done' : `${formatSpan(left)} left`]),
  ].join(' · ');
}

/** How long it ran, in milliseconds, up to `now` while it still does. Waiting does not count. */
export function tookTime(copy: Pick<Copy, 'startedAt' | 'finishedAt'>, now: number): number | undefined {
  if (copy.startedAt === undefined) return undefined;
  const end = copy.finishedAt === undefined ? now : Date.parse(copy.finishedAt);
  return Math.max(0, end - Date.parse(copy.startedAt));
}

/** When a copy is tried again: `in 2 min`, `in a moment`. */
export function nextTryWords(time: string, now: number): string {
  const words = formatRelative(time, now);
  return words.startsWith('in ') ? words : 'in a moment';
}

const sides = { source: 'The source', destination: 'The destination' } as const;

/** Who is at fault, with the registry's name: `The destination, staging,`. */
export function failureSide(failure: CopyFailure, copy: Pick<Copy, 'source' | 'destination'>): string {
  return failure.side === undefined ? 'The copy failed' : `${sides[failure.side]}, ${copy[failure.side].registry}, failed`;
}

/** What was done, or would be, piece by piece: `4 blobs uploaded, 2 there already`. */
export function blobWords({ blobs }: Pick<CopyOutcome, 'blobs'>): string {
  const parts = [
    ...(blobs.uploaded > 0 ? [`${plural(blobs.uploaded, 'blob')} sent`] : []),
    ...(blobs.mounted > 0 ? [`${plural(blobs.mounted, 'blob')} taken over within the registry`] : []),
    ...(blobs.present > 0 ? [`${plural(blobs.present, 'blob')} there already`] : []),
    ...(blobs.skipped > 0
      ? [`${plural(blobs.skipped, 'layer')} left with ${blobs.skipped === 1 ? 'its publisher' : 'their publishers'}`]
      : []),
  ];
  return parts.length === 0 ? 'no blobs' : parts.join(', ');
}

/** What a copy would do, in one line. */
export function planWords({ result, quota }: Pick<CopyPlan, 'result' | 'quota'>): string {
  if (result === undefined) return '';
  const cost = quota === undefined ? [] : [`costs ${quota.cost} of the source’s ${quota.remaining} requests that are left`];
  if (result.outcome === 'unchanged') return ['Everything is there already: nothing would be moved', ...cost].join(' · ');
  const { moved, saved } = result.bytes;
  return [
    moved === 0 ? 'No bytes to move' : `${formatBytes(moved)} to move`,
    ...(saved > 0 ? [`${formatBytes(saved)} there already`] : []),
    ...(result.rebuilt ? ['with a digest of its own, as only some platforms go'] : []),
    ...(result.referrers > 0 ? [plural(result.referrers, 'referrer')] : []),
    ...cost,
  ].join(' · ');
}
