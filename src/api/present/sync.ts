import type { z } from 'zod';
import type { SyncCounts, SyncImportEntry, SyncReport, SyncRule, SyncRun, SyncSpec } from '../../distribution/index.ts';
import { problemOf } from '../problem.ts';
import type { syncCounts, syncImportResult, syncReport, syncRule, syncRun, syncSpec } from '../schemas/sync.ts';
import { iso } from './time.ts';

/** A rule as the API answers it. */
export function presentSyncRule({
  spec,
  nextRunAt,
  lastRun,
  lastOutcome,
  failing,
  createdAt,
  updatedAt,
  ...same
}: SyncRule): z.input<typeof syncRule> {
  return {
    ...same,
    spec: presentSpec(spec),
    ...(nextRunAt !== undefined && { nextRunAt: iso(nextRunAt) }),
    ...(lastRun && { lastRun: presentSyncRun(lastRun) }),
    ...(lastOutcome && { lastOutcome: presentSyncRun(lastOutcome) }),
    ...(failing && { failing: { ...failing, since: iso(failing.since) } }),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  };
}

/** A plan or run as the API answers it. */
export function presentSyncRun({ createdAt, startedAt, finishedAt, counts, items, partial, ...same }: SyncRun): z.input<typeof syncRun> {
  return {
    ...same,
    createdAt: iso(createdAt),
    ...(startedAt !== undefined && { startedAt: iso(startedAt) }),
    ...(finishedAt !== undefined && { finishedAt: iso(finishedAt) }),
    ...(counts && { counts: presentCounts(counts) }),
    ...(items && { items: [...items] }),
    ...(partial && { partial: [...partial] }),
  };
}

export function presentSyncReport({ counts, items, partial }: SyncReport): z.input<typeof syncReport> {
  return { counts: presentCounts(counts), items: [...items], partial: [...partial] };
}

/** What became of an entry of an import, its failure as a problem. */
export function presentSyncImport(
  { error, notes, spec, ...same }: SyncImportEntry,
  requestId: string,
): z.input<typeof syncImportResult>['items'][number] {
  const entry = { ...same, spec: presentSpec(spec), notes: [...notes] };
  if (same.outcome !== 'failed') return entry;
  const { code, detail, help, fields } = problemOf(error, requestId);
  return { ...entry, problem: { code, detail, ...(help !== undefined && { help }), ...(fields && { fields }) } };
}

function presentSpec(spec: SyncSpec): z.input<typeof syncSpec> {
  return structuredClone(spec) as z.input<typeof syncSpec>;
}

function presentCounts({ quota, ...same }: SyncCounts): z.input<typeof syncCounts> {
  if (!quota) return same;
  const { resetsAt, ...rest } = quota;
  return { ...same, quota: { ...rest, ...(resetsAt !== undefined && { resetsAt: iso(resetsAt) }) } };
}
