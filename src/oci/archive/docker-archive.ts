import { FileContentError } from '../content-error.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestOf, isDigest } from '../digest.ts';
import { field, isObject, type JsonObject, parseJson } from '../json.ts';
import { refName } from '../layout/layout-index.ts';
import { mediaTypes } from '../media-types.ts';

/** A piece of content: bytes made here, or a file of the archive by its name. */
export type Piece = { bytes: Uint8Array } | { name: string };

export interface DockerArchive {
  entries: Descriptor[];
  pieces: Map<string, Piece>;
}

const mostImages = 1000;

/**
 * What `docker save` writes, as OCI content. Its layers are plain tar files whose digests stand in the configuration (`rootfs.diff_ids`);
 * they go as they are, uncompressed, and whoever stores them holds them against that digest. The manifests are made here.
 *
 * @param json Bytes of `manifest.json`.
 * @param read Bytes of a small file of the archive.
 * @param sizeOf Size of a file; undefined when it is not there.
 * @throws FileContentError
 */
export async function readDockerArchive(
  json: Uint8Array,
  read: (name: string) => Promise<Uint8Array>,
  sizeOf: (name: string) => number | undefined,
): Promise<DockerArchive> {
  const list = parseJson(json, 'manifest.json');
  if (!Array.isArray(list) || list.length === 0 || list.length > mostImages)
    throw new FileContentError('The archive’s manifest.json lists no images.');
  const archive: DockerArchive = { entries: [], pieces: new Map() };
  for (const item of list as unknown[]) {
    if (!isObject(item)) throw new FileContentError('The archive’s manifest.json is not what docker save writes.');
    await addImage(archive, item, read, sizeOf);
  }
  return archive;
}

async function addImage(
  { entries, pieces }: DockerArchive,
  item: JsonObject,
  read: (name: string) => Promise<Uint8Array>,
  sizeOf: (name: string) => number | undefined,
): Promise<void> {
  const configName = field(item, 'Config');
  const layerNames = field(item, 'Layers');
  if (typeof configName !== 'string' || !isStrings(layerNames))
    throw new FileContentError('The archive’s manifest.json names no configuration or layers.');
  const config = await read(configName);
  const diffIds = diffIdsOf(config);
  if (diffIds.length !== layerNames.length) {
    throw new FileContentError(`The archive has ${layerNames.length} layers, and its configuration names ${diffIds.length}.`);
  }
  const layers = layerNames.map((name, i): Descriptor => {
    const size = sizeOf(name);
    if (size === undefined) throw new FileContentError(`The archive lacks the layer ${name.slice(0, 100)}.`);
    const digest = diffIds[i] as Digest;
    pieces.set(digest, { name });
    return { mediaType: mediaTypes.ociLayer, digest, size };
  });
  const described = { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length };
  pieces.set(described.digest, { bytes: config });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: described, layers }));
  const manifest: Descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length };
  pieces.set(manifest.digest, { bytes });
  const tags = field(item, 'RepoTags');
  if (isStrings(tags) && tags.length > 0) for (const tag of tags) entries.push({ ...manifest, annotations: { [refName]: tag } });
  else entries.push(manifest);
}

function diffIdsOf(config: Uint8Array): string[] {
  const json = parseJson(config, 'The configuration of the archive’s image');
  const rootfs = isObject(json) ? field(json, 'rootfs') : undefined;
  const ids = isObject(rootfs) ? field(rootfs, 'diff_ids') : undefined;
  if (!isStrings(ids) || !ids.every((id) => isDigest(id)))
    throw new FileContentError('The configuration of the archive’s image names no layers.');
  return ids;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= 10_000 && value.every((entry) => typeof entry === 'string');
}
