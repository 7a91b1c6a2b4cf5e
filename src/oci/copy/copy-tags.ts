import { Bandwidth } from './bandwidth.ts';
import { BlobKnowledge } from './blob-knowledge.ts';
import { type CopyOptions, type CopyResult, countedCopy } from './copy.ts';
import { ending } from './ending.ts';
import type { QuotaCost } from './quota.ts';
import { addRequests, type CopyRequests, noRequests, Tally } from './tally.ts';
import type { ReadTarget, WriteTarget } from './target.ts';

export interface CopyTagsOptions extends CopyOptions {
  /** Tags under way at the same time. Default 24: most are unchanged, and ask one question of each side. */
  parallelTags?: number;
  /** Told of each tag as it is done. An error does not stop the others. */
  onTag?: (tag: string, outcome: { result: CopyResult } | { error: unknown }) => void;
}

/** What copying tags did, or with `plan` would do. Sizes in bytes. */
export interface CopiedTags extends Pick<CopyResult, 'blobs' | 'manifests' | 'bytes'> {
  copied: number;
  unchanged: number;
  failed: number;
  /** Those of tags that failed included. */
  requests: CopyRequests;
  /** Absent when the source announces no quota. */
  quota?: QuotaCost;
}

/**
 * Copies many tags of a repository, each to the same tag. They share connections, tokens, bandwidth and what is known of blobs, so that
 * a layer that many of them have moves once.
 *
 * @throws only what ends everything: a cancellation.
 */
export async function copyTags(
  source: ReadTarget,
  destination: WriteTarget,
  tags: Iterable<string>,
  options: CopyTagsOptions = {},
): Promise<CopiedTags> {
  const { parallelTags = 24, onTag, bandwidth, ...each } = options;
  const shared: CopyOptions = {
    ...each,
    knowledge: options.knowledge ?? new BlobKnowledge(),
    ...(bandwidth !== undefined && { bandwidth: typeof bandwidth === 'number' ? new Bandwidth(bandwidth, options.clock) : bandwidth }),
  };
  const total = nothing();
  const waiting = tags[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      if (options.signal?.aborted) throw ending(options.signal);
      const tally = new Tally();
      try {
        const result = await countedCopy(source, next.value, destination, [next.value], shared, tally);
        add(total, result);
        onTag?.(next.value, { result });
      } catch (error) {
        if (options.signal?.aborted) throw error;
        total.failed++;
        onTag?.(next.value, { error });
      } finally {
        addRequests(total.requests, tally);
      }
    }
  };
  // Whoever is told that it ended may close both ends: nothing goes on behind.
  const ends = await Promise.allSettled(Array.from({ length: parallelTags }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const { quota } = source;
  return { ...total, ...(quota && { quota: { ...quota, cost: total.requests.source.manifests } }) };
}

function nothing(): CopiedTags {
  return {
    copied: 0,
    unchanged: 0,
    failed: 0,
    blobs: { uploaded: 0, mounted: 0, present: 0, skipped: 0 },
    manifests: { pushed: 0, present: 0 },
    bytes: { moved: 0, saved: 0 },
    requests: { source: noRequests(), destination: noRequests() },
  };
}

function add(total: CopiedTags, { outcome, blobs, manifests, bytes }: CopyResult): void {
  total[outcome]++;
  for (const kind of ['uploaded', 'mounted', 'present', 'skipped'] as const) total.blobs[kind] += blobs[kind];
  for (const kind of ['pushed', 'present'] as const) total.manifests[kind] += manifests[kind];
  for (const kind of ['moved', 'saved'] as const) total.bytes[kind] += bytes[kind];
}
