import type { Generated } from 'kysely';

/** The tables of copies and sync rules; conventions as in `schema.ts`. */
type Time = number;
type Bool = 0 | 1;
type Json = string;

/** A copy that somebody asked for: one image to one repository of one registry. */
export interface CopiesTable {
  id: string;
  /** Copies that were asked for together. */
  group_id: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'canceled';
  /** Null when the registry was removed since; its name stays. */
  source_registry_id: string | null;
  source_registry: string;
  source_repository: string;
  /** Tag or digest. */
  source_reference: string;
  destination_registry_id: string | null;
  destination_registry: string;
  destination_repository: string;
  /** JSON array. Empty: it is copied by digest only. */
  destination_tags: Json;
  /** JSON of CopySettings. */
  settings: Json;
  cause: 'person' | 'promotion' | 'retry';
  /** The copy that this one tries again. */
  retry_of: string | null;
  created_by_kind: 'user' | 'token' | 'system';
  created_by: string | null;
  created_by_name: string;
  created_at: Time;
  started_at: Time | null;
  finished_at: Time | null;
  attempts: number;
  /** When it may be tried, or tried again; null once it has ended. */
  due_at: Time | null;
  cancel_requested: Bool;
  /** Which runner is at it, and until when the others leave it alone. */
  claimed_by: string | null;
  claimed_until: Time | null;
  /** JSON of CopyProgress, renewed every second or two while it runs. */
  progress: Json | null;
  /** JSON of CopyOutcome. */
  result: Json | null;
  /** JSON of CopyFailure. */
  failure: Json | null;
}

/** Where uploads of blobs stand, so that a hub that was killed goes on with them. */
export interface CopyUploadsTable {
  registry_id: string;
  repository: string;
  digest: string;
  /** Sealed JSON of UploadState: the location may hold a state of the registry. */
  state: string;
  updated_at: Time;
}

export interface SyncRulesTable {
  id: string;
  name: string;
  /** Lower-cased name, unique. */
  name_key: string;
  version: number;
  enabled: Bool;
  /** JSON of SyncSpec. */
  spec: Json;
  source_registry_id: string;
  destination_registry_id: string;
  /** The version of which a plan has been seen; 0 for none. */
  planned_version: number;
  /** Null when it is not enabled, or has no schedule. */
  next_run_at: Time | null;
  created_at: Time;
  created_by: string | null;
  created_by_name: string;
  updated_at: Time;
  updated_by_name: string;
}

/** Plans and runs of sync rules. Of one rule, one at most is queued or running. */
export interface SyncRunsTable {
  id: string;
  rule_id: string;
  rule_version: number;
  kind: 'plan' | 'run';
  state: 'queued' | 'running' | 'done' | 'failed' | 'canceled';
  cause: 'person' | 'schedule' | 'change';
  created_by_kind: 'user' | 'token' | 'system';
  created_by: string | null;
  created_by_name: string;
  created_at: Time;
  started_at: Time | null;
  finished_at: Time | null;
  /** 1 while it is queued or running, null afterwards: unique together with the rule, so that runs never overlap. */
  open: 1 | null;
  cancel_requested: Bool;
  claimed_by: string | null;
  claimed_until: Time | null;
  /** How often it was begun without coming to an end: a run that brings its hub down is not begun for ever. */
  attempts: Generated<number>;
  /** JSON of SyncCounts, and while it runs of SyncRunProgress in `progress`. */
  counts: Json | null;
  /** JSON of a SyncReport's items (what was or would be copied or deleted, and what failed; the first thousand) and partial listings. */
  items: Json | null;
  failure: Json | null;
}

/** What a rule that runs on changes last saw of its source. */
export interface SyncSeenTable {
  rule_id: string;
  repository: string;
  tag: string;
  digest: string;
}
