import type { CopyFailure } from '../copies/types.ts';
import type { SyncFormat } from './documents/types.ts';
import type { SyncCounts, SyncReport, SyncSpec } from './types.ts';

export interface RegistryRef {
  id: string;
  name: string;
}

/** A sync rule as it is kept. Times are epoch milliseconds. */
export interface SyncRule {
  id: string;
  name: string;
  /** Counts edits. */
  version: number;
  /** Whether it runs by itself. */
  enabled: boolean;
  /** Its registries are ids. */
  spec: SyncSpec;
  source: RegistryRef;
  destination: RegistryRef;
  /** Whether a plan of what the rule is now has been made, so that it may be enabled. */
  planned: boolean;
  /** Of an enabled rule with a schedule; of one that runs on changes: when its source is looked at next. */
  nextRunAt?: number;
  /** The one under way, else the last one that ended; without its items. */
  lastRun?: SyncRun;
  /** The last run that ended, where `lastRun` is another one: a plan, or what is under way. Without its items. */
  lastOutcome?: SyncRun;
  /** Of a rule whose last run failed: how many of those that are kept did so in a row, and when the first was asked for. */
  failing?: { runs: number; since: number };
  createdAt: number;
  /** Name of who made it. */
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export type SyncRunKind = 'plan' | 'run';
export type SyncRunState = 'queued' | 'running' | 'done' | 'failed' | 'canceled';
export type SyncRunCause = 'person' | 'schedule' | 'change';

/** A plan or a run of a rule. */
export interface SyncRun {
  id: string;
  rule: { id: string; name: string };
  /** What the rule was when it began. */
  ruleVersion: number;
  kind: SyncRunKind;
  state: SyncRunState;
  /** It was told to stop, and is about to. */
  canceling: boolean;
  cause: SyncRunCause;
  by: { kind: 'user' | 'token' | 'system'; id?: string; name: string };
  createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  /** How far it is, while it runs. */
  progress?: SyncRunProgress;
  /** So far, while it runs. */
  counts?: SyncCounts;
  /** What was or would be done about which tag, the first thousand; only where one run is read. */
  items?: SyncReport['items'];
  /** Listings that did not come to their end; only where one run is read. */
  partial?: SyncReport['partial'];
  failure?: CopyFailure;
}

/** `listing`: repositories and tags are read, so that the totals still grow. */
export interface SyncRunProgress {
  phase: 'listing' | 'tags' | 'deleting';
  repositories: { total: number; done: number };
  tags: { total: number; done: number };
}

export interface SyncRuleInput {
  name: string;
  /** Registries by id or name. */
  spec: SyncSpec;
  /** Default false. */
  enabled?: boolean;
  /** Enables it although nobody has seen a plan. */
  unseen?: boolean;
}

/** What is left out stays; a spec is given whole. */
export type SyncRulePatch = Partial<SyncRuleInput>;

export interface SyncRuleFilter {
  /** Registry id or name, as source or destination. */
  registry?: string;
  enabled?: boolean;
  /** Part of the name. */
  q?: string;
}

export interface SyncRulePage {
  /** By name. */
  items: SyncRule[];
  next?: string;
  /** Number of all that match. */
  total: number;
}

export interface SyncRunPage {
  /** Newest first. */
  items: SyncRun[];
  next?: string;
}

export interface SyncImportRequest {
  /** Default: found out from the documents. */
  format?: SyncFormat;
  documents: readonly { name?: string; content: string }[];
  /** Only says what would become of each. */
  dryRun?: boolean;
  /** Of skopeo's documents, which name no destination: registry, or registry and what its repositories begin with (`registry.acme.io/mirror`). */
  destination?: string;
  /** Of skopeo's documents: keep the whole name of the source below the destination, rather than its last part. Default false. */
  scoped?: boolean;
}

export interface SyncImportResult {
  entries: SyncImportEntry[];
  /** Of the documents as a whole. */
  notes: readonly string[];
}

/** What became, or would become, of one entry of the documents. */
export interface SyncImportEntry {
  /** Name of the rule. */
  name: string;
  /** Where it stands in the documents. */
  from: string;
  outcome: 'planned' | 'created' | 'failed';
  /** As it was read; its registries are ids where they were matched, what the document says elsewhere. */
  spec: SyncSpec;
  /** What has no counterpart, or deserves a look. */
  notes: readonly string[];
  /** Of the rule that was made. */
  rule?: { id: string; name: string };
  /** Why it cannot be made. */
  error?: unknown;
}
