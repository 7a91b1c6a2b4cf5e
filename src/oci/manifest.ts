import { ContentError } from './content-error.ts';
import { type Descriptor, readDescriptor } from './descriptor.ts';
import { type Digest, digestOf, parseDigest } from './digest.ts';
import { IntegrityError } from './errors.ts';
import { field, isObject, type JsonObject, optionalString, optionalStringRecord, parseJson } from './json.ts';
import { bareMediaType, isIndexType, isManifestType, isSchema1Type, mediaTypes } from './media-types.ts';
import { quote } from './text.ts';

/** Most bytes of a manifest that are read. The specification asks registries for at least 4 MiB. */
export const maxManifestBytes = 8 * 1024 * 1024;

/** A manifest of one image or artifact: `config` and `layers`. */
export interface ImageManifestJson {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  config: Descriptor;
  layers: readonly Descriptor[];
  /** What this manifest says something of: a signature's image, for example. */
  subject?: Descriptor;
  annotations?: Readonly<Record<string, string>>;
}

/** An image index or Docker manifest list: one descriptor a platform. */
export interface IndexJson {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  manifests: readonly Descriptor[];
  subject?: Descriptor;
  annotations?: Readonly<Record<string, string>>;
}

/** A manifest as the registry sent it. `bytes` are exactly what was received: push these, never re-serialised JSON. */
export interface Manifest {
  mediaType: string;
  /** Of `bytes`. */
  digest: Digest;
  /** Of `bytes`. */
  size: number;
  bytes: Uint8Array;
  kind: 'image' | 'index';
  /** When `kind` is `image`. */
  image?: ImageManifestJson;
  /** When `kind` is `index`. */
  index?: IndexJson;
}

/**
 * Parses and verifies a manifest.
 *
 * @param contentType Content-Type of the answer; its parameters are ignored. When both it and the document's `mediaType` are
 *   there, they must be equal, so that no two readers can take one document for two things (CVE-2021-41190).
 * @param expectedDigest What the bytes must hash to; default: the sha256 of the bytes is computed and not compared.
 * @throws ContentError `schema1_unsupported` for Docker's schema 1, `invalid_answer` for everything else that is no manifest.
 * @throws IntegrityError when the bytes do not hash to `expectedDigest`.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined, expectedDigest?: string): Manifest {
  if (bytes.length > maxManifestBytes) {
    throw new ContentError(`The manifest has ${bytes.length} bytes; at most ${maxManifestBytes} are accepted.`);
  }
  const digest = verifiedDigest(bytes, expectedDigest);
  const declared = bareMediaType(contentType);
  if (declared !== undefined && isSchema1Type(declared)) throw schema1();
  const json = parseJson(bytes, 'The manifest');
  if (!isObject(json)) throw new ContentError('The manifest is not a JSON object.');
  const version = field(json, 'schemaVersion');
  if (version === 1) throw schema1();
  if (version !== 2) throw new ContentError('The manifest has no "schemaVersion": 2.');
  const mediaType = decideMediaType(json, declared);
  const common = { mediaType, digest, size: bytes.length, bytes };
  return isIndexType(mediaType)
    ? { ...common, kind: 'index', index: readIndex(json) }
    : { ...common, kind: 'image', image: readImage(json) };
}

/**
 * What kind of artifact a manifest is: its `artifactType`, else the media type of its config. For an ordinary image that is the
 * image config type. Undefined for an index without `artifactType`.
 */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  return manifest.image ? (manifest.image.artifactType ?? manifest.image.config.mediaType) : manifest.index?.artifactType;
}

function verifiedDigest(bytes: Uint8Array, expected: string | undefined): Digest {
  if (expected === undefined) return digestOf(bytes);
  const actual = digestOf(bytes, parseDigest(expected).algorithm);
  if (actual !== expected) {
    throw new IntegrityError(`The manifest is not what its digest says: expected ${expected}, received ${actual}.`, { expected, actual });
  }
  return actual;
}

function schema1(): ContentError {
  return new ContentError(
    'The registry answered an image manifest of Docker schema 1, which is obsolete and not supported. Pull and push the image again with a current client.',
    { code: 'schema1_unsupported' },
  );
}

function decideMediaType(json: JsonObject, declared: string | undefined): string {
  const inside = optionalString(json, 'mediaType', 'manifest');
  if (declared !== undefined && inside !== undefined && inside !== '' && inside !== declared) {
    throw new ContentError(`The manifest calls itself ${quote(inside)} but was sent as ${quote(declared)}.`);
  }
  const mediaType = declared ?? (inside || guessMediaType(json));
  if (mediaType === undefined || !isManifestType(mediaType)) {
    throw new ContentError(`The media type ${quote(mediaType ?? 'none')} is not that of a manifest.`);
  }
  return mediaType;
}

/** Neither header nor document says it; OCI made `mediaType` optional, Docker never did. */
function guessMediaType(json: JsonObject): string | undefined {
  if (field(json, 'manifests') !== undefined) return mediaTypes.ociIndex;
  if (field(json, 'config') !== undefined) return mediaTypes.ociManifest;
  return undefined;
}

function readImage(json: JsonObject): ImageManifestJson {
  if (field(json, 'manifests') !== undefined) {
    throw new ContentError('The manifest is ambiguous: it claims to be a single image and has "manifests".');
  }
  const layers = field(json, 'layers');
  if (!Array.isArray(layers) && layers !== undefined && layers !== null) throw new ContentError('"layers" is not a list.');
  return {
    schemaVersion: 2,
    config: readDescriptor(field(json, 'config'), 'config'),
    layers: (Array.isArray(layers) ? layers : []).map((layer, i) => readDescriptor(layer, `layers[${i}]`)),
    ...readCommon(json),
  };
}

function readIndex(json: JsonObject): IndexJson {
  if (field(json, 'config') !== undefined || field(json, 'layers') !== undefined) {
    throw new ContentError('The manifest is ambiguous: it claims to be an index and has "config" or "layers".');
  }
  const manifests = field(json, 'manifests');
  if (!Array.isArray(manifests) && manifests !== null) throw new ContentError('"manifests" is not a list.');
  return {
    schemaVersion: 2,
    manifests: (Array.isArray(manifests) ? manifests : []).map((entry, i) => readDescriptor(entry, `manifests[${i}]`)),
    ...readCommon(json),
  };
}

function readCommon(json: JsonObject): Pick<IndexJson, 'mediaType' | 'artifactType' | 'subject' | 'annotations'> {
  const mediaType = optionalString(json, 'mediaType', 'manifest');
  const artifactType = optionalString(json, 'artifactType', 'manifest');
  const subject = field(json, 'subject');
  const annotations = optionalStringRecord(json, 'annotations', 'manifest');
  return {
    ...(mediaType ? { mediaType } : {}),
    ...(artifactType ? { artifactType } : {}),
    ...(subject === undefined || subject === null ? {} : { subject: readDescriptor(subject, 'subject') }),
    ...(annotations ? { annotations } : {}),
  };
}
