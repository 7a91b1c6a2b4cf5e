import type { CallOptions } from '../call-options.ts';
import type { Quota } from '../client-options.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Manifest } from '../manifest.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobStream } from '../repository.ts';
import type { BlobSource, UploadOptions, UploadOutcome } from '../upload.ts';

/**
 * Names where content lives, so that what is known of one blob there helps with the next: repositories with the same `registry` can
 * mount blobs from each other.
 */
export interface Place {
  /** Origin of the registry together with the credential, or the path of a layout. */
  registry: string;
  repository: string;
}

/** Where content can be read: a repository, an OCI layout, an archive. */
export interface ReadTarget {
  readonly place: Place;
  /** For messages: `ghcr.io/acme/app`, `oci:./layout`. */
  readonly label: string;
  /** Whether reading costs requests; absent for what lies on disk. */
  readonly isRemote?: boolean;
  /** What is left of the requests that may be made. Undefined when nothing was said of it. */
  readonly quota?: Quota | undefined;
  /** @throws RegistryError `registry_not_found` when there is no such tag or digest. */
  resolve(reference: string, options?: CallOptions): Promise<Descriptor>;
  manifest(reference: string, options?: CallOptions): Promise<Manifest>;
  openBlob(digest: string, options?: CallOptions & { start?: number }): Promise<BlobStream>;
  referrers(digest: string, options?: CallOptions): Promise<Referrers>;
  /** Pages of tags. Either it ends, or throws: a part is never taken for the whole. */
  listTags(options?: CallOptions): AsyncIterable<readonly string[]>;
}

/** Where content can be brought. */
export interface WriteTarget extends Pick<ReadTarget, 'place' | 'label' | 'isRemote' | 'resolve' | 'manifest' | 'referrers'> {
  /** Whether what arrives is held against its digest there, so that the copier need not hash it too. */
  readonly verifies: boolean;
  /**
   * Makes ready what has to be there before anything is written, such as the repository. Called by each copy at most once, right before
   * its first write: never for a plan, nor when nothing changes. Several copies may call it at the same time.
   */
  prepare?(options?: CallOptions): Promise<void>;
  hasBlob(digest: string, options?: CallOptions): Promise<boolean>;
  pushBlob(source: BlobSource, options?: UploadOptions): Promise<UploadOutcome>;
  /** Requests that `pushBlob` makes for so many bytes when nothing goes wrong; absent for what lies on disk. */
  uploadRequests?(size: number): number;
  /** @returns whether the target lists it as a referrer of its subject by itself */
  pushManifest(manifest: Manifest, reference: string, options?: CallOptions): Promise<{ subject: boolean }>;
}
