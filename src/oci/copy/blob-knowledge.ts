import type { Place } from './target.ts';

/** Blobs that are remembered a registry; the oldest are forgotten first. */
const mostBlobs = 200_000;
/** Repositories remembered a blob: one to mount from is enough, a few more for those that were removed meanwhile. */
const mostRepositories = 4;

/**
 * What is known of which blob is where, shared by copies that run together or one after the other. It saves requests and is never
 * needed: a blob that was removed meanwhile is noticed, because the registry refuses the manifest that names it.
 */
export class BlobKnowledge {
  /** Registry → digest → repositories. */
  readonly #registries = new Map<string, Map<string, Set<string>>>();

  add({ registry, repository }: Place, digest: string): void {
    let blobs = this.#registries.get(registry);
    if (!blobs) this.#registries.set(registry, (blobs = new Map()));
    let repositories = blobs.get(digest);
    if (!repositories) {
      blobs.set(digest, (repositories = new Set()));
      if (blobs.size > mostBlobs) for (const [oldest] of blobs) if (blobs.delete(oldest)) break;
    }
    if (repositories.size < mostRepositories || this.#isSource(repositories, repository)) repositories.add(repository);
  }

  has({ registry, repository }: Place, digest: string): boolean {
    return this.#registries.get(registry)?.get(digest)?.has(repository) === true;
  }

  /** Other repositories of the registry that hold the blob: to mount from. */
  elsewhere({ registry, repository }: Place, digest: string): string[] {
    return [...(this.#registries.get(registry)?.get(digest) ?? [])].filter((name) => name !== repository);
  }

  /** What was believed of a repository turned out wrong. */
  forget({ registry, repository }: Place): void {
    for (const [digest, repositories] of this.#registries.get(registry) ?? []) {
      repositories.delete(repository);
      if (repositories.size === 0) this.#registries.get(registry)?.delete(digest);
    }
  }

  /** A repository that is being written has to be remembered for its own sake: it makes room. */
  #isSource(repositories: Set<string>, repository: string): boolean {
    if (repositories.has(repository)) return false;
    const [oldest] = repositories;
    if (oldest !== undefined) repositories.delete(oldest);
    return true;
  }
}
