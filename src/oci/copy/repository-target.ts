import type { CallOptions } from '../call-options.ts';
import type { Quota } from '../client-options.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Manifest } from '../manifest.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobStream, Repository } from '../repository.ts';
import { SingleFlight } from '../single-flight.ts';
import type { BlobSource, UploadOptions, UploadOutcome } from '../upload.ts';
import type { Place, ReadTarget, WriteTarget } from './target.ts';

export interface RepositoryTargetOptions {
  /**
   * Makes the repository ready for what is written, e.g. by creating it where the registry does not by itself. Called before the first
   * write, once: by copies that run together as by those that follow. When it fails, the next copy calls it again.
   */
  prepare?: (options: CallOptions) => Promise<void>;
}

/** A repository as one end of a copy. */
export class RepositoryTarget implements ReadTarget, WriteTarget {
  readonly place: Place;
  readonly label: string;
  readonly isRemote = true;
  /** The digest in the closing PUT binds the registry (OCI distribution specification, "Pushing blobs"). */
  readonly verifies = true;
  readonly #repository: Repository;
  readonly #prepare: RepositoryTargetOptions['prepare'];
  readonly #preparing = new SingleFlight<void>();
  #isReady = false;

  /**
   * @param account Identifies the credential where several sign in to one registry: only what one and the same credential can see is
   *   mounted from another repository.
   */
  constructor(repository: Repository, account = '', { prepare }: RepositoryTargetOptions = {}) {
    this.#repository = repository;
    this.#prepare = prepare;
    this.place = { registry: `${repository.registry.href}#${account}`, repository: repository.name };
    this.label = `${repository.registry.host}/${repository.name}`;
  }

  get quota(): Quota | undefined {
    return this.#repository.quota;
  }

  async prepare({ signal }: CallOptions = {}): Promise<void> {
    const prepare = this.#prepare;
    if (!prepare || this.#isReady) return;
    await this.#preparing.join('', (shared) => prepare({ signal: shared }), signal);
    this.#isReady = true;
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

  uploadRequests(size: number): number {
    return this.#repository.uploadRequests(size);
  }

  pushManifest(manifest: Manifest, reference: string, options?: CallOptions): Promise<{ subject: boolean }> {
    return this.#repository.pushManifest(manifest, reference, options);
  }
}
