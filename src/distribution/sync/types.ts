import type { CopySettings } from '../copies/types.ts';

/** Which tags of a repository. A tag is taken when it passes everything that is given. */
export interface TagSelection {
  /** Any of: a name or glob over the whole tag (`1.4.*`), a range of semantic versions (`>=1.4 <2`), or `/re2/` found in it. Default: all. */
  include?: readonly string[];
  /** None of. */
  exclude?: readonly string[];
  /** Of those, the newest so many: by version where both have one, else by push time where the registry tells it. */
  newest?: { count: number; by: 'version' | 'pushed' };
  /** Pushed within this time, as `30d`, `12h`: only where the registry tells push times. */
  pushedWithin?: string;
}

/** What a rule keeps in step. Registries are ids or names in what people write, ids in what is stored. */
export interface SyncSpec {
  source: {
    registry: string;
    /** Names or globs (`shop/*`; `**` crosses slashes). */
    repositories: readonly string[];
    exclude?: readonly string[];
    tags?: TagSelection;
  };
  destination: {
    registry: string;
    /** Rule for the name: `mirror/{repository}`, `{repository/shop/prod}` … (see `tag-rule.ts`). Default `{repository}`. */
    repository?: string;
    /** Rule for the tag. Default `{tag}`. */
    tag?: string;
  };
  /** `mirror` deletes tags of the destination's repositories that the rule would not put there. Default `one-way`. */
  mode?: 'one-way' | 'mirror';
  /** Of mirrors: a run that would delete more than this share of a destination repository's tags deletes nothing there. Per cent, default 10. */
  deletionLimit?: number;
  schedule?: SyncSchedule;
  settings?: CopySettings;
}

export interface SyncSchedule {
  /** `15m`, `6h`, `1d`; at least one minute. Either this or `cron`. */
  every?: string;
  /** Five fields, in `timeZone` (default UTC). */
  cron?: string;
  timeZone?: string;
  /**
   * Runs only when the source changed: it is looked at as often as `every` says (default 5m) by one HEAD a tag, and at once when this hub
   * itself wrote to it.
   */
  onChange?: boolean;
}

export type SyncItemAction = 'copy' | 'delete' | 'keep' | 'skip';

/** One tag of a plan or a run that something was, or would be, done about. What is in step already is only counted. */
export interface SyncItem {
  action: SyncItemAction;
  source?: { repository: string; tag: string; digest?: string };
  destination: { repository: string; tag: string; digest?: string };
  /** `planned` in plans. */
  outcome: 'planned' | 'done' | 'failed' | 'kept';
  /** Bytes to move, or that were moved. */
  bytes?: number;
  /** Why it was skipped or kept, or failed, in a sentence. */
  reason?: string;
  code?: string;
}

export interface SyncCounts {
  repositories: number;
  /** Tags that the rule chose. */
  tags: number;
  unchanged: number;
  copied: number;
  deleted: number;
  failed: number;
  /** Not done on purpose: more deletions than the limit, two sources for one destination tag, … */
  skipped: number;
  bytes: { moved: number; saved: number };
  /** Made, or in plans those that a run would make. */
  requests: { source: number; destination: number };
  /** What it takes of the source's quota, and what is left of it, where the registry announces one. */
  quota?: { cost: number; remaining?: number; limit?: number; resetsAt?: number };
}

export interface SyncReport {
  counts: SyncCounts;
  /** The first thousand. */
  items: readonly SyncItem[];
  /** Some listing did not come to its end: nothing was deleted there. */
  partial: readonly { repository: string; reason: string }[];
}
