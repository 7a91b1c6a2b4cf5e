import type { Selectable } from 'kysely';
import type { SyncRunsTable } from '../../store/index.ts';
import type { CopyFailure } from '../copies/types.ts';
import type { SyncRun, SyncRunProgress } from './rule-types.ts';
import type { SyncCounts, SyncReport } from './types.ts';

/** Columns of a run without its items, which are the bulk of it. */
export const brief = [
  'sync_runs.id',
  'sync_runs.rule_id',
  'sync_runs.rule_version',
  'sync_runs.kind',
  'sync_runs.state',
  'sync_runs.cause',
  'sync_runs.created_by_kind',
  'sync_runs.created_by',
  'sync_runs.created_by_name',
  'sync_runs.created_at',
  'sync_runs.started_at',
  'sync_runs.finished_at',
  'sync_runs.cancel_requested',
  'sync_runs.counts',
  'sync_runs.failure',
] as const;

export type BriefRow = Pick<
  Selectable<SyncRunsTable>,
  (typeof brief)[number] extends `sync_runs.${infer C}` ? C & keyof SyncRunsTable : never
> & {
  rule_name: string;
};

/** What `items` holds. */
export type StoredDetails = Pick<SyncReport, 'items' | 'partial'>;

/** What `counts` holds. */
export type StoredCounts = SyncCounts & { progress?: SyncRunProgress };

function countsOf(json: string, open: boolean): Pick<SyncRun, 'counts' | 'progress'> {
  const { progress, ...counts } = JSON.parse(json) as StoredCounts;
  return { counts, ...(open && progress && { progress }) };
}

export function toRun(row: BriefRow): SyncRun {
  const open = row.state === 'queued' || row.state === 'running';
  return {
    id: row.id,
    rule: { id: row.rule_id, name: row.rule_name },
    ruleVersion: row.rule_version,
    kind: row.kind,
    state: row.state,
    canceling: open && row.cancel_requested === 1,
    cause: row.cause,
    by: { kind: row.created_by_kind, name: row.created_by_name, ...(row.created_by !== null && { id: row.created_by }) },
    createdAt: row.created_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...(row.counts !== null && countsOf(row.counts, open)),
    ...(row.failure !== null && { failure: JSON.parse(row.failure) as CopyFailure }),
  };
}
