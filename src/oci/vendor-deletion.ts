import type { CallOptions } from './call-options.ts';
import { RegistryError } from './errors.ts';
import type { Repository } from './repository.ts';

/** What is deleted: one tag and no other, or a manifest with all of its tags. */
export type Deletable = { tag: string } | { digest: string };

/** The vendor's own interface for deleting from one repository, where the registry's trait is `provider`. */
export interface VendorDeletion {
  /** What it deletes: single `tags`, whole `manifests` with all of their tags, or both. */
  grain: 'tags' | 'manifests' | 'both';
  /** @throws RegistryError `registry_not_found` for what is not there, or not to be seen; UnsupportedError */
  delete(what: Deletable, signal?: AbortSignal): Promise<void>;
}

/**
 * Deletes by the vendor's interface.
 *
 * @returns false when it was not there. Vendors say the same of what one may not delete, so the registry is asked: what is still there has
 *   not been deleted.
 * @throws what the vendor's interface threw
 */
export async function deleteByVendor(repository: Repository, vendor: VendorDeletion, what: Deletable, call: CallOptions): Promise<boolean> {
  try {
    await vendor.delete(what, call.signal);
    return true;
  } catch (error) {
    if (!isNotFound(error) || (await isThere(repository, what, call))) throw error;
    return false;
  }
}

async function isThere(repository: Repository, what: Deletable, call: CallOptions): Promise<boolean> {
  try {
    await repository.resolve('tag' in what ? what.tag : what.digest, call);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'registry_not_found';
}
