import type { Clock } from '../core/clock.ts';
import type { AuthOptions } from './authorisation.ts';

export interface RegistryOptions {
  /** Default: none. */
  auth?: AuthOptions;
  /** PEM. With it the registry is served over https. `clientCa` demands a client certificate issued by that authority. */
  tls?: { cert: string; key: string; clientCa?: string };
  /** Name in the registry's URL; it listens on 127.0.0.1 in any case. Default `127.0.0.1`. */
  hostname?: string;
  /** Default 0: any free one. */
  port?: number;
  /** Path before `/v2/`, e.g. `/artifactory/api/docker/local`. Default: none. */
  prefix?: string;
  /** `/v2/_catalog`. Default true; false answers 404 as registries without one do. */
  catalog?: boolean;
  /** Referrers API. Default true; false answers 404, and clients keep the tag schema. */
  referrers?: boolean;
  /** Deleting of manifests, tags and blobs. Default true; false answers 405. */
  deletion?: boolean;
  /** What deleting by tag does: the tag goes, the manifest goes with all its tags, or it is refused (400). Default `tag`. */
  deleteByTag?: 'tag' | 'manifest' | 'refused';
  /** What is tagged is not deleted by digest (400), as Google's registries have it. Default false. */
  keepTagged?: boolean;
  /** Mounting of blobs. Default true; false answers 202, which starts an upload. */
  mount?: boolean;
  /** POST with `digest` and body. Default true; false answers 202, and the client must go on with PUT. */
  singlePost?: boolean;
  /** Least size of a chunk that is not the last, announced as `OCI-Chunk-Min-Length`. Default: none. */
  chunkMinLength?: number;
  /** Largest page of a listing; a larger `n` is cut down. Default 1000. */
  maxPageSize?: number;
  /** Page size when no `n` is asked for. Default: tags all at once, 100 repositories. */
  pageSize?: number;
  /** Form of the address in `Link`. Default `relative`. */
  linkForm?: 'relative' | 'absolute';
  /** Default `lexical`, as the specification wants; GHCR and Quay answer oldest first. */
  tagOrder?: 'lexical' | 'oldest-first';
  /** `Docker-Content-Digest` on answers. Default true; older servers leave it away. */
  digestHeader?: boolean;
  /** Texts of `Warning: 299` headers on every answer of the registry. */
  warnings?: readonly string[];
  /** Announces and enforces a quota of manifest GETs, as Docker Hub does. `window` in seconds. */
  rateLimit?: { limit: number; window: number };
  /** GET of a blob is redirected to another origin that refuses Authorization, as cloud registries do. Default false. */
  blobRedirect?: boolean;
  /** Largest manifest in bytes. Default 4 MiB. */
  maxManifestBytes?: number;
  /** Largest blob in bytes. Default 1 GiB. */
  maxBlobBytes?: number;
  /** Milliseconds before every answer. Default 0. */
  latency?: number;
  /** For token expiry. Default: the system's. */
  clock?: Clock;
}

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Repository name of the specification: components of at most 255 characters together. */
export function isRepositoryName(name: string): boolean {
  return name.length <= 255 && name.split('/').every((part) => component.test(part));
}

export function isTagName(tag: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag);
}

export function isDigest(text: string): boolean {
  return /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/.test(text);
}
