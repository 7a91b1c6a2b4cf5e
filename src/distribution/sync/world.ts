import type { Clock } from '../../core/clock.ts';
import type { BlobKnowledge, CallOptions, CopyEvent, ReadTarget, UploadState, WriteTarget } from '../../oci/index.ts';
import type { SyncCounts, SyncItem } from './types.ts';

/** A tag as a listing tells it. */
export interface TagInfo {
  name: string;
  /** Where the listing says it, as some registries' own APIs do. */
  digest?: string;
  /** Epoch milliseconds, where the registry tells it. */
  pushedAt?: number;
}

/** A repository that is copied from. */
export interface SyncSource {
  readonly target: ReadTarget;
  /**
   * Pages of tags, with what the registry tells of them. It comes to its end or throws: a part is never taken for the whole. Without it,
   * `target.listTags` is asked, which tells names alone.
   */
  listTagInfo?(options: CallOptions): AsyncIterable<readonly TagInfo[]>;
  /** Called once nothing more of it is needed. */
  close?(): Promise<void>;
}

/** A repository that is copied to. It need not exist yet. */
export interface SyncDestination {
  /** Its `prepare` makes the repository where the registry does not by itself. */
  readonly target: WriteTarget;
  /**
   * Pages of tags; comes to its end or throws. Asked only by rules that mirror.
   *
   * @throws RegistryError `registry_not_found` when there is no such repository yet
   */
  listTags(options: CallOptions): AsyncIterable<readonly string[]>;
  /**
   * Removes the tag and nothing else: what it points to may have other tags, or be part of an index that stays. Absent where that cannot
   * be done, and then nothing is.
   *
   * @param digest What it pointed to when that was decided: a tag that has moved since is left alone, with an error.
   */
  deleteTag?(tag: string, digest: string, options: CallOptions): Promise<void>;
  close?(): Promise<void>;
}

/** Of the source's quota, what its registry announced last. Times are epoch milliseconds. */
export interface SyncQuota {
  remaining?: number;
  limit?: number;
  resetsAt?: number;
}

/** What a rule's plan or run needs of the outside. The hub, the command line and tests each have theirs. */
export interface SyncWorld {
  /** Host or name of the source's registry, for `{registry}` in rules. */
  readonly sourceRegistry: string;
  /** Which side is sent a credential, where that is known: one that is refused is not tried again and again. Default: neither. */
  readonly signsIn?: { source: boolean; destination: boolean };
  /** Pages of repositories of the source; asked only for globs. Comes to its end or throws. */
  listRepositories(options: CallOptions): AsyncIterable<readonly string[]>;
  openSource(repository: string): Promise<SyncSource>;
  openDestination(repository: string): Promise<SyncDestination>;
  /** Asked once, before anything else: what is told later, in answers to copies, is newer. */
  readQuota?(): Promise<SyncQuota | undefined>;
  /**
   * Why a tag of the destination has to stay although this rule does not put it there: another rule does, something runs it. Undefined
   * when nothing speaks for it. Default: nothing does.
   */
  reasonToKeep?(repository: string, tag: string, digest: string): Promise<string | undefined>;
  /** What is known of which blob is where. Share one among all copies: connections, tokens and knowledge are for all. */
  readonly knowledge: BlobKnowledge;
  readonly clock: Clock;
}

/** How far a plan or run is. */
export interface SyncProgress {
  /** `listing`: repositories and tags are read, so that the totals still grow. */
  phase: 'listing' | 'tags' | 'deleting';
  repositories: { total: number; done: number };
  tags: { total: number; done: number };
  /** So far. The same object each time: copy what is kept. */
  counts: SyncCounts;
}

/** Which tag goes where. */
export interface SyncPair {
  source: { repository: string; tag: string };
  destination: { repository: string; tag: string };
}

export interface SyncOptions {
  signal?: AbortSignal;
  /** Told often; pace it where that costs something. */
  onProgress?: (progress: SyncProgress) => void;
  /** Told of each item as it is done, also beyond the first thousand. */
  onItem?: (item: SyncItem) => void;
  /** Told of each tag that is in step, also of those that were before; in plans, of those that are. */
  onInStep?: (pair: SyncPair, digest: string) => void;
  /** Tags under way at the same time, of all repositories together. Default 12. */
  parallelTags?: number;
}

export interface SyncRunOptions extends SyncOptions {
  /** Uploads of an earlier run into this repository of the destination that may be taken up: digest → state. Asked once for each. */
  resume?: (repository: string) => ReadonlyMap<string, UploadState> | Promise<ReadonlyMap<string, UploadState>>;
  /** Told of each upload's state, to be kept for `resume`; undefined once it is finished. */
  onUpload?: (repository: string, digest: string, state: UploadState | undefined) => void;
  /** Told of what each copy does, for progress bars. */
  onEvent?: (pair: SyncPair, event: CopyEvent) => void;
}
