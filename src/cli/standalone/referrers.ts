import { listReferrers } from '../../catalog/referrer-list.ts';
import { RegistryError, type Repository } from '../../oci/index.ts';
import type { Referrers } from '../../sdk/index.ts';
import type { DirectContent } from './content.ts';

/** Signatures, SBOMs and attestations of a manifest, as a hub finds them. */
export async function listReferrersDirect(
  content: DirectContent,
  repository: Repository,
  digest: string,
  now: () => number,
  signal: AbortSignal,
): Promise<Referrers> {
  const present = await digestTagsOf(repository, digest, signal);
  return listReferrers({ content, now }, content.source, digest, { get: (tag) => present.has(tag) || undefined }, signal);
}

/** Tags that cosign before version 3 put beside a digest. A hub knows them from its list of tags; here each is asked for. */
async function digestTagsOf(repository: Repository, digest: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const tags = ['sig', 'att', 'sbom'].map((ending) => `${digest.replace(':', '-')}.${ending}`);
  const found = await Promise.all(
    tags.map(async (tag) => {
      try {
        await repository.resolve(tag, { signal });
        return [tag];
      } catch (error) {
        if (error instanceof RegistryError && error.status === 404) return [];
        throw error;
      }
    }),
  );
  return new Set(found.flat());
}
