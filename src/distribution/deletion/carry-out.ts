import { deleteManifest, type DeletedTag, type DeleteOptions, deleteTag, type Repository, TagboatError } from '../../oci/index.ts';
import type { DeletionOutcome, PlannedDeletion } from './types.ts';

/**
 * Does what was planned for one manifest. A tag that moved since is left alone. What the registry refuses is told in the outcome.
 *
 * @throws what is no TagboatError; a cancellation
 */
export async function carryOut(
  repository: Repository,
  item: PlannedDeletion,
  options: Pick<DeleteOptions, 'deletion' | 'vendor' | 'signal'> = {},
): Promise<DeletionOutcome> {
  const { digest, tags, manifest } = item;
  try {
    if (manifest) {
      // Named by its digest, it goes whatever its tags do. Named by tags that moved since, it is not theirs to take along.
      if (!item.references.includes(digest) && (await anyMoved(repository, item, options.signal))) return { ...item, outcome: 'moved' };
      await deleteManifest(repository, digest, tags, options);
      return { ...item, outcome: 'deleted' };
    }
    const outcomes: DeletedTag[] = [];
    for (const tag of tags) outcomes.push(await deleteTag(repository, tag, { ...options, digest }));
    return { ...item, outcome: outcomes.includes('moved') ? 'moved' : 'deleted' };
  } catch (error) {
    if (!(error instanceof TagboatError) || options.signal?.aborted) throw error;
    const { code, message, context } = error;
    return { ...item, outcome: 'failed', failure: { code, message, ...(typeof context.help === 'string' && { help: context.help }) } };
  }
}

async function anyMoved(repository: Repository, { digest, tags }: PlannedDeletion, signal: AbortSignal | undefined): Promise<boolean> {
  const found = await Promise.all(tags.map((tag) => repository.resolve(tag, signal && { signal })));
  return found.some((descriptor) => descriptor.digest !== digest);
}
