import { zstdCompressSync } from 'node:zlib';
import { type BuiltContent, blobDescriptor, contentOf, type DigestAlgorithm, digestOf, type JsonDescriptor } from './built-content.ts';
import { mediaTypes } from './media-types.ts';
import { gzip, type TarFiles, tar } from './tar.ts';

/** One step of a build: a layer, or an empty history entry such as `CMD`. */
export interface LayerInput {
  /** `created_by` of the history. */
  command?: string;
  files?: TarFiles;
  /** History only, no layer. */
  empty?: boolean;
  createdAt?: Date;
  /** gzip level, 0 to 9, or another way that OCI images have; Docker's own type has gzip only. Default 6. */
  compression?: number | 'zstd' | 'none';
}

/** `config` of an image configuration, as the OCI image specification spells it. */
export interface RuntimeConfig {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
}

export interface ImageInput {
  /** Default: one layer with one small file. */
  layers?: readonly LayerInput[];
  config?: RuntimeConfig;
  /** `os/architecture[/variant]`. Default `linux/amd64`. */
  platform?: string;
  /** Default 2026-01-01T00:00:00Z. */
  createdAt?: Date;
  author?: string;
  annotations?: Record<string, string>;
  /** Media types. Default `oci`. */
  format?: 'oci' | 'docker';
  /** Of all digests but `diff_ids`. Default `sha256`; not every registry takes `sha512`. */
  algorithm?: DigestAlgorithm;
}

const epoch = new Date(Date.UTC(2026, 0, 1));

/** `linux/arm64/v8` as the platform object of a descriptor. */
export function platformOf(text: string): NonNullable<JsonDescriptor['platform']> {
  const [os = 'linux', architecture = 'amd64', variant] = text.split('/');
  return { os, architecture, ...(variant && { variant }) };
}

/** Builds a single-platform image. The same input gives the same digests. */
export function buildImage(input: ImageInput = {}): BuiltContent {
  const docker = input.format === 'docker';
  const steps = input.layers ?? [{ command: 'COPY hello /hello', files: { hello: 'hello\n' } }];
  const platform = platformOf(input.platform ?? 'linux/amd64');
  const createdAt = input.createdAt ?? epoch;
  const { algorithm } = input;
  const blobs: Uint8Array[] = [];
  const diffIds: string[] = [];
  const layers: JsonDescriptor[] = [];
  for (const step of steps) {
    if (step.empty) continue;
    const archive = tar(step.files ?? {});
    const { bytes, mediaType } = packed(archive, step.compression, docker);
    diffIds.push(digestOf(archive));
    blobs.push(bytes);
    layers.push(blobDescriptor(mediaType, bytes, {}, algorithm));
  }
  const config = Buffer.from(
    JSON.stringify({
      created: createdAt.toISOString(),
      ...(input.author && { author: input.author }),
      ...platform,
      config: input.config ?? {},
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: steps.map((step) => ({
        created: (step.createdAt ?? createdAt).toISOString(),
        created_by: step.command ?? 'COPY . /',
        ...(step.empty && { empty_layer: true }),
      })),
    }),
  );
  return contentOf(
    {
      schemaVersion: 2,
      mediaType: docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
      config: blobDescriptor(docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, config, {}, algorithm),
      layers,
      ...(input.annotations && { annotations: input.annotations }),
    },
    { blobs: [config, ...blobs], platform, ...(algorithm && { algorithm }) },
  );
}

function packed(archive: Uint8Array, compression: LayerInput['compression'], docker: boolean): { bytes: Uint8Array; mediaType: string } {
  if (typeof compression !== 'string')
    return { bytes: gzip(archive, compression), mediaType: docker ? mediaTypes.dockerLayer : mediaTypes.ociLayer };
  if (docker) throw new RangeError(`an image of Docker's own type has no ${compression} layers`);
  return compression === 'zstd'
    ? { bytes: zstdCompressSync(archive), mediaType: mediaTypes.ociLayerZstd }
    : { bytes: archive, mediaType: mediaTypes.ociLayerPlain };
}

export interface IndexInput {
  manifests: readonly BuiltContent[];
  annotations?: Record<string, string>;
  /** Media type. Default `oci`. */
  format?: 'oci' | 'docker';
  /** Of its own digest. Default `sha256`. */
  algorithm?: DigestAlgorithm;
}

/** Builds an index (Docker: manifest list) of images, each with the platform it was built for. */
export function buildIndex(input: IndexInput): BuiltContent {
  return contentOf(
    {
      schemaVersion: 2,
      mediaType: input.format === 'docker' ? mediaTypes.dockerList : mediaTypes.ociIndex,
      manifests: input.manifests.map(({ descriptor }) => {
        const { artifactType: _config, ...rest } = descriptor;
        return rest;
      }),
      ...(input.annotations && { annotations: input.annotations }),
    },
    { children: input.manifests, ...(input.algorithm && { algorithm: input.algorithm }) },
  );
}

export interface HelmChartInput {
  name: string;
  version: string;
  appVersion?: string;
  description?: string;
  createdAt?: Date;
  /** Files below the chart's directory, beside the `Chart.yaml` that is made. */
  files?: Readonly<Record<string, string>>;
}

/** Builds a chart as `helm push` does. */
export function buildHelmChart(input: HelmChartInput): BuiltContent {
  const description = input.description ?? `A Helm chart for ${input.name}`;
  const chart = {
    apiVersion: 'v2',
    name: input.name,
    version: input.version,
    appVersion: input.appVersion,
    description,
    type: 'application',
  };
  const yaml = Object.entries(chart).flatMap(([key, value]) => (value ? [`${key}: ${JSON.stringify(value)}\n`] : []));
  const files: Record<string, string> = { [`${input.name}/Chart.yaml`]: yaml.join('') };
  for (const [path, content] of Object.entries(input.files ?? {})) files[`${input.name}/${path}`] = content;
  const config = Buffer.from(JSON.stringify(chart));
  const archive = gzip(tar(files));
  return contentOf(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: blobDescriptor(mediaTypes.helmConfig, config),
      layers: [blobDescriptor(mediaTypes.helmChart, archive)],
      annotations: {
        'org.opencontainers.image.title': input.name,
        'org.opencontainers.image.version': input.version,
        'org.opencontainers.image.description': description,
        'org.opencontainers.image.created': (input.createdAt ?? epoch).toISOString(),
      },
    },
    { blobs: [config, archive] },
  );
}

export interface ArtifactInput {
  artifactType: string;
  /** What this artifact is about: a signature's image, for instance. */
  subject?: BuiltContent;
  layers?: readonly { mediaType: string; data: string | Uint8Array; annotations?: Record<string, string> }[];
  annotations?: Record<string, string>;
}

/** Builds an artifact by the guidance of the OCI image specification: an empty config and an `artifactType`. */
export function buildArtifact(input: ArtifactInput): BuiltContent {
  const empty = Buffer.from('{}');
  const layers = (input.layers ?? []).map((layer) => ({ ...layer, bytes: Buffer.from(layer.data) }));
  return contentOf(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: input.artifactType,
      config: blobDescriptor(mediaTypes.ociEmpty, empty),
      layers: layers.length
        ? layers.map((layer) => blobDescriptor(layer.mediaType, layer.bytes, layer.annotations && { annotations: layer.annotations }))
        : [blobDescriptor(mediaTypes.ociEmpty, empty)],
      ...(input.subject && { subject: subjectOf(input.subject) }),
      ...(input.annotations && { annotations: input.annotations }),
    },
    { blobs: [empty, ...layers.map((layer) => layer.bytes)] },
  );
}

function subjectOf(content: BuiltContent): JsonDescriptor {
  return { mediaType: content.mediaType, digest: content.digest, size: content.bytes.byteLength };
}
