import type { CallOptions } from '../call-options.ts';
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
  /** @throws RegistryError `registry_not_found` when there is no such tag or digest. */
  resolve(reference: string, options?: CallOptions): Promise<Descriptor>;
  manifest(reference: string, options?: CallOptions): Promise<Manifest>;
  openBlob(digest: string, options?: CallOptions & { start?: number }): Promise<BlobStream>;
  referrers(digest: string, options?: CallOptions): Promise<Referrers>;
  /** Pages of tags. Either it ends, or throws: a part is never taken for the whole. */
  listTags(options?: CallOptions): AsyncIterable<readonly string[]>;
}

/** Where content can be brought. */
export interface WriteTarget extends Pick<ReadTarget, 'place' | 'label' | 'resolve' | 'manifest'> {
  /** Whether what arrives is held against its digest there, so that the copier need not hash it too. */
  readonly verifies: boolean;
  hasBlob(digest: string, options?: CallOptions): Promise<boolean>;
  pushBlob(source: BlobSource, options?: UploadOptions): Promise<UploadOutcome>;
  /** @returns whether the target lists it as a referrer of its subject by itself */
  pushManifest(manifest: Manifest, reference: string, options?: CallOptions): Promise<{ subject: boolean }>;
}
