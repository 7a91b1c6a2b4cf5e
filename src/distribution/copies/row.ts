import type { Selectable } from 'kysely';
import type { CopiesTable } from '../../store/index.ts';
import type { Copy, CopyFailure, CopyOutcome, CopyProgress, CopySettings } from './types.ts';

/** What a copy had done before it was broken off: content that a later attempt finds at the destination was sent all the same. */
export interface EarlierWork {
  blobs: number;
  bytes: number;
}

/** A copy with what only its runner needs. */
export interface StoredCopy extends Copy {
  claimedBy?: string;
  /** Attempts that failed; those that a hub broke off are not among them. */
  failures: number;
  earlier: EarlierWork;
}

/** As it is kept while a copy runs. */
export interface StoredProgress extends CopyProgress {
  earlier: EarlierWork;
}

export interface StoredFailure extends CopyFailure {
  failures: number;
}

export function toStored(row: Selectable<CopiesTable>): StoredCopy {
  const progress = row.progress === null ? undefined : (JSON.parse(row.progress) as StoredProgress);
  const failure = row.failure === null ? undefined : (JSON.parse(row.failure) as StoredFailure);
  const hasEnded = row.finished_at !== null;
  return {
    id: row.id,
    group: row.group_id,
    source: {
      ...endOf(row.source_registry_id, row.source_registry, row.source_repository),
      reference: row.source_reference,
    },
    destination: {
      ...endOf(row.destination_registry_id, row.destination_registry, row.destination_repository),
      tags: JSON.parse(row.destination_tags) as string[],
    },
    settings: JSON.parse(row.settings) as CopySettings,
    cause: row.cause,
    ...(row.retry_of !== null && { retryOf: row.retry_of }),
    by: { kind: row.created_by_kind, ...(row.created_by !== null && { id: row.created_by }), name: row.created_by_name },
    state: row.state,
    canceling: row.cancel_requested === 1 && !hasEnded,
    attempts: row.attempts,
    ...(row.state === 'queued' && failure && row.due_at !== null && { nextAttemptAt: row.due_at }),
    createdAt: row.created_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...(progress && { progress: withoutEarlier(progress) }),
    ...(row.result !== null && { result: JSON.parse(row.result) as CopyOutcome }),
    ...(failure && { failure: withoutCount(failure) }),
    ...(row.claimed_by !== null && { claimedBy: row.claimed_by }),
    failures: failure?.failures ?? 0,
    earlier: progress?.earlier ?? { blobs: 0, bytes: 0 },
  };
}

/** What others than the runner are told. */
export function toCopy({ claimedBy: _claimedBy, failures: _failures, earlier: _earlier, ...copy }: StoredCopy): Copy {
  return copy;
}

function endOf(id: string | null, registry: string, repository: string) {
  return { ...(id !== null && { registryId: id }), registry, repository };
}

function withoutEarlier({ earlier: _earlier, ...progress }: StoredProgress): CopyProgress {
  return progress;
}

function withoutCount({ failures: _failures, ...failure }: StoredFailure): CopyFailure {
  return failure;
}
