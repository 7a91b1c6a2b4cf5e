import { BlobKnowledge } from './blob-knowledge.ts';
import { copy, type CopyOptions, type CopyResult } from './copy.ts';
import type { ReadTarget, WriteTarget } from './target.ts';

export interface CopyTagsOptions extends Omit<CopyOptions, 'resume' | 'onUpload'> {
  /** Tags under way at the same time. Default 8. */
  parallelTags?: number;
  /** Told of each tag as it is done. An error does not stop the others. */
  onTag?: (tag: string, outcome: { result: CopyResult } | { error: unknown }) => void;
}

export interface CopiedTags {
  copied: number;
  unchanged: number;
  failed: number;
  bytes: { moved: number; saved: number };
}

/**
 * Copies many tags of a repository, each to the same tag. They share connections, tokens and what is known of blobs, so that a layer
 * that many of them have moves once.
 *
 * @throws only what ends everything: a cancellation.
 */
export async function copyTags(
  source: ReadTarget,
  destination: WriteTarget,
  tags: Iterable<string>,
  options: CopyTagsOptions = {},
): Promise<CopiedTags> {
  const { parallelTags = 8, onTag, ...each } = options;
  const knowledge = options.knowledge ?? new BlobKnowledge();
  const total: CopiedTags = { copied: 0, unchanged: 0, failed: 0, bytes: { moved: 0, saved: 0 } };
  const waiting = tags[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      options.signal?.throwIfAborted();
      try {
        const result = await copy(source, next.value, destination, [next.value], { ...each, knowledge });
        total[result.outcome]++;
        total.bytes.moved += result.bytes.moved;
        total.bytes.saved += result.bytes.saved;
        onTag?.(next.value, { result });
      } catch (error) {
        if (options.signal?.aborted) throw error;
        total.failed++;
        onTag?.(next.value, { error });
      }
    }
  };
  await Promise.all(Array.from({ length: parallelTags }, work));
  return total;
}
