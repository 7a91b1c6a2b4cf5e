import type { SyncCounts, SyncItem } from '../../sdk/index.ts';
import type { Output } from './output.ts';
import { formatCount, formatSize } from './size.ts';
import { printable } from './text.ts';

/** What is shown of a plan or run, made here or by a hub. */
export interface ShownReport {
  counts: Omit<SyncCounts, 'quota'> & { quota?: { cost: number; remaining?: number; limit?: number } };
  items: readonly SyncItem[];
  partial: readonly { repository: string; reason: string }[];
}

/** Rows for a person; a program gets all. */
const mostRows = 60;

/** Whether something that was to be done was not. */
export function isIncomplete({ counts, partial }: Pick<ShownReport, 'counts' | 'partial'>): boolean {
  return counts.failed > 0 || partial.length > 0;
}

/** `mirror-shop: 12 copied, 640 up to date, 1 failed`, with what it took. */
export function syncHeadline(
  output: Output,
  name: string,
  { counts }: Pick<ShownReport, 'counts'>,
  { plan, seconds }: { plan: boolean; seconds?: number },
): string {
  const { copied, deleted, unchanged, failed, skipped, bytes, requests, quota } = counts;
  const { palette } = output;
  const done = [
    `${formatCount(copied)} ${plan ? 'to copy' : 'copied'}`,
    deleted > 0 && palette.warn(`${formatCount(deleted)} ${plan ? 'to delete' : 'deleted'}`),
    `${formatCount(unchanged)} up to date`,
    skipped > 0 && palette.warn(`${formatCount(skipped)} left out`),
    failed > 0 && palette.bad(`${formatCount(failed)} failed`),
  ].filter((part) => part !== false);
  const facts = [
    (bytes.moved > 0 || plan) && `${formatSize(bytes.moved)} ${plan ? 'to send' : 'sent'}`,
    bytes.saved > 0 && `${formatSize(bytes.saved)} saved`,
    plan && `${formatCount(requests.source)} and ${formatCount(requests.destination)} requests`,
    quota && quotaText(quota, plan),
    seconds !== undefined && `${seconds.toFixed(1)} s`,
  ].filter((fact) => typeof fact === 'string');
  return `${palette.strong(printable(name))}: ${done.join(', ')}${palette.dim(facts.length > 0 ? `  ${facts.join(' · ')}` : '')}`;
}

function quotaText({ cost, remaining, limit }: NonNullable<ShownReport['counts']['quota']>, plan: boolean): string {
  const left = remaining === undefined ? '' : `, ${formatCount(remaining)}${limit === undefined ? '' : ` of ${formatCount(limit)}`} left`;
  return `${formatCount(cost)} of the source’s quota${plan ? ' needed' : ''}${left}`;
}

/** How far a plan or run is, in a few words. */
export function syncStatus(
  progress: { phase: string; repositories: { total: number; done: number }; tags: { total: number; done: number } } | undefined,
  moved = 0,
): string {
  if (!progress || progress.phase === 'listing') {
    const { total = 0, done = 0 } = progress?.repositories ?? {};
    return total > 0 ? `Listing tags: ${formatCount(done)} of ${formatCount(total)} repositories` : 'Listing repositories';
  }
  if (progress.phase === 'deleting') return 'Looking for what the source does not have';
  return `${formatCount(progress.tags.done)} of ${formatCount(progress.tags.total)} tags${moved > 0 ? `, ${formatSize(moved)}` : ''}`;
}

/** A line each of what was, or would be, done about which tag. */
export function itemLines(output: Output, items: readonly SyncItem[]): string[] {
  const { palette } = output;
  const paint = ({ outcome, action }: SyncItem) =>
    outcome === 'failed' ? palette.bad : outcome === 'kept' || action === 'delete' ? palette.warn : palette.good;
  const shown = items.slice(0, mostRows);
  const lines = shown.map((item) => `  ${paint(item)(itemWord(item).padEnd(7))} ${printable(itemPlaces(item))}${itemRest(output, item)}`);
  if (items.length > shown.length) lines.push(palette.dim(`  … and ${formatCount(items.length - shown.length)} more; --json has them.`));
  return lines;
}

/** `shop/api:1.2 → mirror/shop/api:1.2`, or the one name where both are the same. */
function itemPlaces({ source, destination }: SyncItem): string {
  const to = `${destination.repository}:${destination.tag}`;
  const from = source && `${source.repository}:${source.tag}`;
  return from === undefined || from === to ? to : `${from} → ${to}`;
}

function itemWord({ action, outcome }: SyncItem): string {
  if (outcome === 'failed') return 'failed';
  return outcome === 'kept' ? (action === 'keep' ? 'kept' : 'skipped') : action;
}

function itemRest(output: Output, { bytes, reason }: SyncItem): string {
  const facts = [bytes !== undefined && bytes > 0 && formatSize(bytes), reason !== undefined && printable(reason)].filter(Boolean);
  return facts.length > 0 ? output.palette.dim(`  ${facts.join('  ')}`) : '';
}

/** What is said of listings that did not come to their end. */
export function partialLines(output: Output, partial: ShownReport['partial']): string[] {
  return partial.map(({ repository, reason }) =>
    output.palette.bad(
      `  ${repository === '**' ? 'The repositories' : printable(repository)} could not be listed whole: ${printable(reason)}`,
    ),
  );
}
