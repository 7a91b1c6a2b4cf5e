import { ContentError } from './content-error.ts';
import { type Digest, isDigest } from './digest.ts';
import { field, isObject, optionalString, optionalStringArray, optionalStringRecord } from './json.ts';
import type { Platform } from './platform.ts';
import { quote } from './text.ts';

/** Points to content: its type, digest and size in bytes (OCI image specification, "Content Descriptors"). */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  annotations?: Readonly<Record<string, string>>;
  artifactType?: string;
  platform?: Platform;
  /** Where the content may be had besides the registry. Never fetched by default. */
  urls?: readonly string[];
  /** The content itself, base64. */
  data?: string;
}

/**
 * Checks a descriptor of a parsed JSON document and takes its known fields.
 *
 * @param where Place in the document for the error message, e.g. `layers[2]`.
 * @throws ContentError `invalid_answer`.
 */
export function readDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new ContentError(`"${where}" is not a descriptor.`);
  const mediaType = field(value, 'mediaType');
  const digest = field(value, 'digest');
  const size = field(value, 'size');
  if (typeof mediaType !== 'string' || mediaType.length > 255) throw new ContentError(`"${where}" has no valid mediaType.`);
  if (typeof digest !== 'string' || !isDigest(digest)) {
    throw new ContentError(`"${where}" has no valid digest${typeof digest === 'string' ? `: ${quote(digest)}` : ''}.`);
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new ContentError(`"${where}" has no valid size.`);
  const descriptor: Descriptor = { mediaType, digest, size };
  const annotations = optionalStringRecord(value, 'annotations', where);
  if (annotations) descriptor.annotations = annotations;
  const artifactType = optionalString(value, 'artifactType', where);
  if (artifactType) descriptor.artifactType = artifactType;
  const platform = field(value, 'platform');
  if (platform !== undefined && platform !== null) descriptor.platform = readPlatform(platform, `${where}.platform`);
  const urls = optionalStringArray(value, 'urls', where);
  if (urls) descriptor.urls = urls;
  const data = optionalString(value, 'data', where);
  if (data !== undefined) descriptor.data = data;
  return descriptor;
}

function readPlatform(value: unknown, where: string): Platform {
  if (!isObject(value)) throw new ContentError(`"${where}" is not an object.`);
  const platform: Platform = {
    os: optionalString(value, 'os', where) ?? '',
    architecture: optionalString(value, 'architecture', where) ?? '',
  };
  const variant = optionalString(value, 'variant', where);
  if (variant) platform.variant = variant;
  const version = optionalString(value, 'os.version', where);
  if (version) platform['os.version'] = version;
  const features = optionalStringArray(value, 'os.features', where);
  if (features) platform['os.features'] = features;
  return platform;
}
