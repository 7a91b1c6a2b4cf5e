import type { Digest } from '../digest.ts';
import type { Manifest } from '../manifest.ts';

/**
 * Indexes that were read before. A digest always means the same bytes, so which manifest is that of a platform is known without asking
 * the source again: a copy of one platform of an unchanged index costs one HEAD a side.
 *
 * `registry` is where it was read, as in `Place`. Where several people's copies share a memory, what one may read there is not for
 * another, whose own registry only names its digest.
 */
export interface IndexMemory {
  get(digest: Digest, registry: string): Promise<Manifest | undefined>;
  add(index: Manifest, registry: string): Promise<void>;
}

/** Larger ones are read again each time. */
export const largestIndex = 256 * 1024;
const mostBytes = 16 * 1024 * 1024;

/** For the life of a process. The one unused for longest goes first. */
export class RecentIndexes implements IndexMemory {
  /** By place and digest. */
  readonly #indexes = new Map<string, Manifest>();
  #bytes = 0;

  async get(digest: Digest, registry: string): Promise<Manifest | undefined> {
    const key = keyOf(digest, registry);
    const found = this.#indexes.get(key);
    if (!found) return undefined;
    this.#indexes.delete(key);
    this.#indexes.set(key, found);
    return found;
  }

  async add(index: Manifest, registry: string): Promise<void> {
    const key = keyOf(index.digest, registry);
    if (index.size > largestIndex || this.#indexes.has(key)) return;
    this.#indexes.set(key, index);
    this.#bytes += index.size;
    for (const [oldest, { size }] of this.#indexes) {
      if (this.#bytes <= mostBytes) return;
      this.#indexes.delete(oldest);
      this.#bytes -= size;
    }
  }
}

function keyOf(digest: Digest, registry: string): string {
  return `${registry} ${digest}`;
}
