import { createHash } from 'node:crypto';

/** A descriptor as it stands in JSON. */
export interface JsonDescriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
  platform?: { os: string; architecture: string; variant?: string };
  urls?: string[];
}

/** A manifest or index with everything it consists of, ready to be put into a registry or an OCI layout. */
export interface BuiltContent {
  digest: string;
  mediaType: string;
  /** The manifest's exact bytes. */
  bytes: Uint8Array;
  /** As an index, a `subject` field or a referrers list would name it. */
  descriptor: JsonDescriptor;
  /** Config and layers. */
  blobs: readonly Uint8Array[];
  /** Manifests of an index. */
  children: readonly BuiltContent[];
  /** Of its own digest and those of its blobs. Default `sha256`. */
  algorithm?: DigestAlgorithm;
}

/** The algorithms of the image specification. */
export type DigestAlgorithm = 'sha256' | 'sha512';

export const digestOf = (bytes: Uint8Array | string, algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

/** Describes a blob by its content. */
export function blobDescriptor(
  mediaType: string,
  bytes: Uint8Array,
  more: Partial<JsonDescriptor> = {},
  algorithm?: DigestAlgorithm,
): JsonDescriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.byteLength, ...more };
}

interface ManifestFields {
  artifactType?: string;
  config?: { mediaType?: string };
  annotations?: Record<string, string>;
}

/** Describes a manifest; artifact type and annotations are taken from it, as the referrers API demands. */
export function descriptorOf(bytes: Uint8Array, mediaType: string, digest = digestOf(bytes)): JsonDescriptor {
  const json = JSON.parse(Buffer.from(bytes).toString('utf8')) as ManifestFields;
  const artifactType = json.artifactType ?? json.config?.mediaType;
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(artifactType && { artifactType }),
    ...(json.annotations && { annotations: json.annotations }),
  };
}

/** Serialises a manifest once; these bytes are the truth from then on. */
export function contentOf(
  json: { mediaType: string } & Record<string, unknown>,
  parts: {
    blobs?: readonly Uint8Array[];
    children?: readonly BuiltContent[];
    platform?: JsonDescriptor['platform'];
    algorithm?: DigestAlgorithm;
  } = {},
): BuiltContent {
  const bytes = Buffer.from(JSON.stringify(json));
  const descriptor = descriptorOf(bytes, json.mediaType, digestOf(bytes, parts.algorithm));
  if (parts.platform) descriptor.platform = parts.platform;
  return {
    digest: descriptor.digest,
    mediaType: json.mediaType,
    bytes,
    descriptor,
    blobs: parts.blobs ?? [],
    children: parts.children ?? [],
    ...(parts.algorithm && { algorithm: parts.algorithm }),
  };
}
