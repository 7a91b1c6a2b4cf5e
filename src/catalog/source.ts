import type { Manifest, Repository } from '../oci/index.ts';
import type { OpenRegistry } from '../registries/index.ts';
import type { Place } from './store.ts';

/** What the catalog needs of an open registry. */
export type ListableRegistry = Pick<OpenRegistry, 'listRepositories' | 'listTags'> & {
  client: { repository(name: string): Pick<Repository, 'resolve' | 'manifest' | 'blobBytes' | 'referrers'> };
  provider: { listTags?: unknown; title: string };
};

/** Where manifests and configs of a repository are read. The command line reads its registry itself, without a store. */
export interface ContentSource extends Place {
  open(): Promise<Pick<ListableRegistry, 'client' | 'provider'>>;
}

/** Configs beyond this are shown without their content. */
export const maxConfigBytes = 1024 * 1024;

/** Reads manifests and configs, and keeps them as it sees fit. */
export interface Content {
  manifest(source: ContentSource, digest: string): Promise<Manifest>;
  /** The manifest that a tag points to now. */
  manifestOfTag(source: ContentSource, tag: string): Promise<Manifest>;
  /** The manifest, if no request is needed for it. */
  knownManifest(source: ContentSource, digest: string): Promise<Manifest | undefined>;
  /** A config blob; undefined when it is larger than a config has reason to be. */
  config(source: ContentSource, descriptor: { digest: string; size: number }): Promise<Uint8Array | undefined>;
}

/**
 * A repository and the way to its registry. Opening uses the registry's secrets, which is audited, so it is done only when
 * the registry has to be asked, and once.
 */
export interface Source extends ContentSource {
  open(): Promise<ListableRegistry>;
}

export function keyOf({ registryId, repository }: Place): string {
  return `${registryId}/${repository}`;
}
