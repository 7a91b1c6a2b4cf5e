/** Shapes that the catalog answers, as the API gives them on: times are ISO 8601 in UTC, sizes are bytes. */

/** Why a listing is not whole, and when it goes on. */
export interface Partial {
  reason: string;
  /** From the list of error codes. */
  code: string;
  retryAt?: string;
}

export interface Page<T> {
  items: T[];
  /** Cursor of the following page, absent on the last. */
  next?: string;
  total?: number;
  partial?: Partial;
}

export interface CatalogRepository {
  registryId: string;
  registry: string;
  name: string;
  /** `host/name` as docker pulls it. */
  reference: string;
  createdAt?: string;
  updatedAt?: string;
  tagCount?: number;
  pullCount?: number;
  description?: string;
  public?: boolean;
  pinned: boolean;
}

export interface RepositoryPage extends Page<CatalogRepository> {
  listedAt?: string;
}

export type ContentKind = 'image' | 'index' | 'helm-chart' | 'artifact';

export interface CatalogTag {
  name: string;
  digest?: string;
  mediaType?: string;
  kind: ContentKind | 'unknown';
  artifactType?: string;
  artifactTitle?: string;
  pushedAt?: string;
  createdAt?: string;
  /** Compressed. Of an index: of the image for linux/amd64, else of its first. */
  size?: number;
  platforms?: string[];
  /** False while digest, size or platforms have not been read yet. */
  complete: boolean;
  /** For tags such as `sha256-….sig`: the digest that they say something of. Such tags are no versions. */
  subject?: string;
  /** Titles of what such tags say of this one: `Cosign signature`, … */
  attached?: string[];
}

export type TagSort = 'pushed' | '-pushed' | 'semver' | '-semver' | 'name' | '-name';

export interface TagPage extends Page<CatalogTag> {
  listedAt?: string;
  /** How many tags the chosen order says nothing of; they stand at the end. */
  unsortable?: number;
}

export interface CatalogDescriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  platform?: string;
  annotations?: Record<string, string>;
}

/** A layer, or an entry of the history that made none: then `empty`, without digest and size. */
export interface CatalogLayer extends CatalogDescriptor {
  command?: string;
  createdAt?: string;
  empty: boolean;
}

export interface ImageConfig {
  os?: string;
  architecture?: string;
  variant?: string;
  createdAt?: string;
  author?: string;
  user?: string;
  workingDir?: string;
  entrypoint?: string[];
  cmd?: string[];
  env?: string[];
  ports?: string[];
  volumes?: string[];
  labels?: Record<string, string>;
  stopSignal?: string;
}

/** One platform's image, or an artifact. */
export interface ManifestView {
  digest: string;
  mediaType: string;
  /** Config and layers, compressed. */
  size: number;
  platform?: string;
  config?: ImageConfig;
  configDescriptor?: CatalogDescriptor;
  layers: CatalogLayer[];
  annotations?: Record<string, string>;
}

/** Lines to copy; `helm` for charts and `oras` for other artifacts, which the first four cannot pull. */
export interface PullLines {
  docker: string;
  podman: string;
  kubernetes: string;
  dockerfile: string;
  helm?: string;
  oras?: string;
}

export interface CatalogImage {
  registryId: string;
  registry: string;
  repository: string;
  tag?: string;
  reference: string;
  digest: string;
  mediaType: string;
  kind: ContentKind;
  artifactType?: string;
  artifactTitle?: string;
  /** Of an index; empty for a single image. */
  platforms: CatalogDescriptor[];
  /** The chosen platform's, or the only one. */
  manifest?: ManifestView;
  annotations?: Record<string, string>;
  pull: PullLines;
  /** Known tags of the same digest. */
  otherTags: string[];
}

export interface CatalogReferrer {
  digest: string;
  mediaType: string;
  size: number;
  artifactType?: string;
  title: string;
  annotations?: Record<string, string>;
}

export interface CatalogReferrers {
  items: CatalogReferrer[];
  via: 'api' | 'tag-schema' | 'none';
  partial?: Partial;
}

export interface SearchHit {
  kind: 'registry' | 'repository' | 'tag' | 'digest';
  registryId: string;
  registry: string;
  repository?: string;
  tag?: string;
  digest?: string;
  text: string;
}

/** ISO 8601 of epoch milliseconds, absent for what is no time that people would believe (Go's zero time, for instance). */
export function isoTime(time: number | null | undefined): string | undefined {
  if (time === null || time === undefined || !(time >= 0) || time >= 253_402_300_800_000) return undefined;
  return new Date(time).toISOString();
}
