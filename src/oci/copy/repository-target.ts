import type { CallOptions } from '../call-options.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Manifest } from '../manifest.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobStream, Repository } from '../repository.ts';
import type { BlobSource, UploadOptions, UploadOutcome } from '../upload.ts';
import type { Place, ReadTarget, WriteTarget } from './target.ts';

/** A repository as one end of a copy. */
export class RepositoryTarget implements ReadTarget, WriteTarget {
  readonly place: Place;
  readonly label: string;
  /** The digest in the closing PUT binds the registry (OCI distribution specification, "Pushing blobs"). */
  readonly verifies = true;
  readonly #repository: Repository;

  /**
   * @param account Identifies the credential where several sign in to one registry: only what one and the same credential can see is
   *   mounted from another repository.
   */
  constructor(repository: Repository, account = '') {
    this.#repository = repository;
    this.place = { registry: `${repository.registry.href}#${account}`, repository: repository.name };
    this.label = `${repository.registry.host}/${repository.name}`;
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    return this.#repository.resolve(reference, options);
  }

  manifest(reference: string, options?: CallOptions): Promise<Manifest> {
    return this.#repository.manifest(reference, options);
  }

  openBlob(digest: string, options?: CallOptions & { start?: number }): Promise<BlobStream> {
    return this.#repository.openBlob(digest, options);
  }

  referrers(digest: string, options?: CallOptions): Promise<Referrers> {
    return this.#repository.referrers(digest, options);
  }

  listTags(options?: CallOptions): AsyncIterable<readonly string[]> {
    return this.#repository.listTags(options);
  }

  hasBlob(digest: string, options?: CallOptions): Promise<boolean> {
    return this.#repository.hasBlob(digest, options);
  }

  pushBlob(source: BlobSource, options?: UploadOptions): Promise<UploadOutcome> {
    return this.#repository.pushBlob(source, options);
  }

  pushManifest(manifest: Manifest, reference: string, options?: CallOptions): Promise<{ subject: boolean }> {
    return this.#repository.pushManifest(manifest, reference, options);
  }
}
