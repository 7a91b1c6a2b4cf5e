import type { Principal } from '../../access/index.ts';
import type { ReferenceTo } from '../../core/errors.ts';

export interface DeletionOptions {
  /** Also what is in use. Default false: nothing at all is deleted then. */
  force?: boolean;
  /** Only finds out what would be deleted. Default false. */
  dryRun?: boolean;
  /** By reference: the digest that it was seen to point to. Where it points elsewhere meanwhile, it is left alone. */
  seen?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** What a deletion leaves behind that nothing names any more. At most a hundred of each. */
export interface Orphans {
  /** Digests of an index's images, where no tag and no other index names them. */
  images: readonly string[];
  /** What refers to the manifest: signatures, SBOMs, attestations. */
  referrers: readonly { digest: string; artifactType?: string }[];
  /** Cosign's tags and those that hold referrers: `sha256-….sig`. */
  tags: readonly string[];
}

/** One manifest of the repository that was asked for, by one or several of its tags or by its digest. */
export interface PlannedDeletion {
  /** What was asked for: tags, or the digest. */
  references: readonly string[];
  digest: string;
  mediaType: string;
  /** Tags that go. By digest that is all of them. */
  tags: readonly string[];
  /** Whether the manifest goes, too: it was named by its digest, or nothing else needs it. */
  manifest: boolean;
  /** Tags that point to the same manifest and stay. At most a hundred. */
  sharedWith: readonly string[];
  orphans: Orphans;
  /** What needs it: other tags and indexes, sync rules, environments. */
  usedBy: readonly ReferenceTo[];
}

export type DeletionOutcome = PlannedDeletion & {
  /** `moved`: a tag points elsewhere meanwhile, and was left alone. */
  outcome: 'planned' | 'deleted' | 'moved' | 'failed';
  failure?: { code: string; message: string; help?: string };
};

export interface DeletionReport {
  items: readonly DeletionOutcome[];
  /** What was asked for and is not there. */
  absent: readonly string[];
  /**
   * Why not every tag of the repository could be looked at, so that `sharedWith` and `orphans` may not be whole: manifests are kept then,
   * unless they were named by digest.
   */
  partial?: string;
}

/** Where something is about to be deleted. */
export interface DeletionPlace {
  registryId: string;
  /** Name of the registry. */
  registry: string;
  repository: string;
}

/**
 * Finds what uses tags of a repository, or the manifest below them.
 *
 * @param what `tags` that go; `digest` when the manifest goes, too
 * @param principal Who is told. What does not exist for them stands against the deletion all the same, and is not named.
 */
export type UseSource = (
  place: DeletionPlace,
  what: { tags: readonly string[]; digest?: string },
  principal: Principal,
) => Promise<readonly ReferenceTo[]>;
