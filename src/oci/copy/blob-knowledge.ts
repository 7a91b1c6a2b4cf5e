import type { ClientClock } from '../client-options.ts';
import { systemClock } from '../system-clock.ts';
import { BlobFlights } from './blob-flights.ts';
import { type IndexMemory, RecentIndexes } from './index-memory.ts';
import type { Place } from './target.ts';
import { TransferSlots } from './transfer-slots.ts';

/** Blobs that are remembered, of all registries together: some 65 MB. Of the registry with most of them the oldest are forgotten first. */
export const mostBlobs = 200_000;
/** Repositories remembered a blob: one to mount from is enough, a few more for those that were removed meanwhile. */
const mostRepositories = 4;
const defaultTransfers = 8;
const defaultMaxAge = 60 * 60 * 1000;

export interface BlobKnowledgeOptions {
  /** Blobs on the way from or to one registry at a time, over all copies that share this. Default 8. */
  transfers?: number;
  /** Milliseconds for which a blob is believed to be where it was: registries collect garbage. Default one hour. */
  maxAge?: number;
  /** Where indexes that were read are kept. Default: for the life of this object. */
  indexes?: IndexMemory;
  clock?: Pick<ClientClock, 'now'>;
}

/**
 * What is known of which blob is where, and which are on their way: shared by copies that run together or one after the other. It saves
 * requests and is never needed: a blob that was removed meanwhile is noticed, because the registry refuses the manifest that names it.
 *
 * A copy that only plans writes here what would be there. Plans share one of their own, and leave it to no copy.
 */
export class BlobKnowledge {
  readonly transfers: TransferSlots;
  readonly flights = new BlobFlights();
  readonly indexes: IndexMemory;
  readonly #maxAge: number;
  readonly #clock: Pick<ClientClock, 'now'>;
  /** Registry → digest → repository → when it was seen there, epoch milliseconds. */
  readonly #registries = new Map<string, Map<string, Map<string, number>>>();

  constructor({
    transfers = defaultTransfers,
    maxAge = defaultMaxAge,
    indexes = new RecentIndexes(),
    clock = systemClock,
  }: BlobKnowledgeOptions = {}) {
    this.transfers = new TransferSlots(transfers);
    this.indexes = indexes;
    this.#maxAge = maxAge;
    this.#clock = clock;
  }

  add({ registry, repository }: Place, digest: string): void {
    let blobs = this.#registries.get(registry);
    if (!blobs) this.#registries.set(registry, (blobs = new Map()));
    let repositories = blobs.get(digest);
    if (!repositories) {
      blobs.set(digest, (repositories = new Map()));
      this.#makeRoom();
    }
    // The latest last. The repository that is being written has to be remembered for its own sake: the oldest makes room.
    repositories.delete(repository);
    repositories.set(repository, this.#clock.now());
    if (repositories.size > mostRepositories) for (const [oldest] of repositories) if (repositories.delete(oldest)) break;
  }

  has({ registry, repository }: Place, digest: string): boolean {
    return this.#isFresh(this.#registries.get(registry)?.get(digest)?.get(repository));
  }

  /** Other repositories of the registry that hold the blob: to mount from. */
  elsewhere({ registry, repository }: Place, digest: string): string[] {
    const found = this.#registries.get(registry)?.get(digest) ?? [];
    return [...found].flatMap(([name, at]) => (name !== repository && this.#isFresh(at) ? name : []));
  }

  /** What was believed of a repository turned out wrong. */
  forget({ registry, repository }: Place): void {
    for (const [digest, repositories] of this.#registries.get(registry) ?? []) {
      repositories.delete(repository);
      if (repositories.size === 0) this.#registries.get(registry)?.delete(digest);
    }
  }

  /** Nothing of a registry is known any more: it is reached as somebody else now, or not at all. @param registry as in `Place` */
  forgetRegistry(registry: string): void {
    this.#registries.delete(registry);
  }

  /** Of the registry of which most is known, the oldest goes. */
  #makeRoom(): void {
    let total = 0;
    let largest: Map<string, unknown> | undefined;
    for (const blobs of this.#registries.values()) {
      total += blobs.size;
      if (!largest || blobs.size > largest.size) largest = blobs;
    }
    if (total > mostBlobs && largest) for (const [oldest] of largest) if (largest.delete(oldest)) break;
  }

  #isFresh(at: number | undefined): boolean {
    return at !== undefined && this.#clock.now() - at < this.#maxAge;
  }
}
