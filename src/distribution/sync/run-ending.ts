import { describeErrorCode } from '../../core/error-codes.ts';
import type { CopyFailure } from '../copies/types.ts';
import type { SyncRunKind } from './rule-types.ts';
import type { SyncCounts, SyncReport } from './types.ts';

/** Whether a plan or run that came to its end did what it was for. What a plan finds out about failures is what it is for. */
export function endingOf(kind: SyncRunKind, report: SyncReport): { state: 'done' | 'failed'; failure?: CopyFailure } {
  const { counts, items, partial } = report;
  if (kind === 'plan' || (counts.failed === 0 && partial.length === 0)) return { state: 'done' };
  const sentences: string[] = [];
  const failed = items.find(({ outcome }) => outcome === 'failed');
  if (counts.failed > 0) {
    const place = failed && [failed.destination.repository, failed.destination.tag].filter((part) => part !== '' && part !== '*').join(':');
    const where = failed ? ` The first: ${place}${failed.reason ? `: ${failed.reason}` : ''}` : '';
    sentences.push(`${failedWords(report)} failed.${where}`);
  }
  const [first] = partial;
  if (first)
    sentences.push(
      `The listing of ${first.repository === '**' ? 'the repositories' : first.repository} did not come to its end: ${first.reason}`,
    );
  const message = sentences.map((sentence) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)).join(' ');
  return { state: 'failed', failure: { code: 'sync_incomplete', message, help: describeErrorCode('sync_incomplete').help } };
}

/** Repositories that could not be read have no tags that are counted. */
function failedWords({ counts: { failed, tags, repositories }, items }: SyncReport): string {
  const whole = items.filter(({ outcome, source }) => outcome === 'failed' && source?.tag === '*').length;
  if (tags === 0) return `${failed} of ${repositories} repositories`;
  return [
    ...(whole > 0 ? [`${whole} of ${repositories} repositories`] : []),
    ...(failed > whole ? [`${failed - whole} of ${tags} tags`] : []),
  ].join(' and ');
}

/** For the audit log. */
export function describeCounts({ copied, deleted, unchanged, failed, skipped, bytes }: SyncCounts): string {
  const parts = [`${copied} copied (${bytes.moved} bytes moved)`, `${unchanged} in step`];
  if (deleted > 0) parts.push(`${deleted} deleted`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} left alone`);
  return `${parts.join(', ')}.`;
}
