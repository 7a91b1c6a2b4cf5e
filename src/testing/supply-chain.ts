import { buildArtifact } from './build.ts';
import { type BuiltContent, blobDescriptor, contentOf } from './built-content.ts';
import { mediaTypes } from './media-types.ts';

const createdKey = 'org.opencontainers.image.created';

/** A Sigstore bundle that refers to its image, as current cosign pushes it. The signature itself is made up. */
export function buildSignature(subject: BuiltContent, createdAt = new Date(Date.UTC(2026, 0, 1))): BuiltContent {
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    messageSignature: { messageDigest: subject.digest, signature: 'bm90IHJlYWw=' },
  };
  return buildArtifact({
    artifactType: bundle.mediaType,
    subject,
    layers: [{ mediaType: bundle.mediaType, data: JSON.stringify(bundle) }],
    annotations: {
      [createdKey]: createdAt.toISOString(),
      'dev.sigstore.bundle.content': 'message-signature',
      'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
    },
  });
}

/** A list of what an image contains, in one of the two formats in use. */
export function buildSbom(
  subject: BuiltContent,
  format: 'spdx' | 'cyclonedx',
  packages: readonly { name: string; version: string }[] = [],
  createdAt = new Date(Date.UTC(2026, 0, 1)),
): BuiltContent {
  const mediaType = format === 'spdx' ? 'application/spdx+json' : 'application/vnd.cyclonedx+json';
  const document =
    format === 'spdx'
      ? { spdxVersion: 'SPDX-2.3', name: subject.digest, packages: packages.map(({ name, version }) => ({ name, versionInfo: version })) }
      : { bomFormat: 'CycloneDX', specVersion: '1.6', components: packages.map((item) => ({ type: 'library', ...item })) };
  return buildArtifact({
    artifactType: mediaType,
    subject,
    layers: [{ mediaType, data: JSON.stringify(document) }],
    annotations: { [createdKey]: createdAt.toISOString() },
  });
}

export interface AttestationInput {
  /** Default `https://slsa.dev/provenance/v1`. */
  predicateType?: string;
  predicate?: object;
  createdAt?: Date;
}

/** An in-toto attestation that refers to its image. */
export function buildAttestation(subject: BuiltContent, input: AttestationInput = {}): BuiltContent {
  const predicateType = input.predicateType ?? 'https://slsa.dev/provenance/v1';
  return buildArtifact({
    artifactType: mediaTypes.inToto,
    subject,
    layers: [
      {
        mediaType: mediaTypes.inToto,
        data: statement(subject, predicateType, input.predicate),
        annotations: { 'in-toto.io/predicate-type': predicateType },
      },
    ],
    annotations: {
      [createdKey]: (input.createdAt ?? new Date(Date.UTC(2026, 0, 1))).toISOString(),
      'in-toto.io/predicate-type': predicateType,
    },
  });
}

/**
 * The manifest that BuildKit adds to an index for each image it built: platform `unknown/unknown` and an annotation that names the
 * image. Put it among the manifests of `buildIndex`.
 */
export function buildBuildKitAttestation(image: BuiltContent, predicateType = 'https://slsa.dev/provenance/v0.2'): BuiltContent {
  const layer = Buffer.from(statement(image, predicateType));
  const config = Buffer.from(
    JSON.stringify({ architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: [] } }),
  );
  const content = contentOf(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: blobDescriptor(mediaTypes.ociConfig, config),
      layers: [blobDescriptor(mediaTypes.inToto, layer, { annotations: { 'in-toto.io/predicate-type': predicateType } })],
    },
    { blobs: [config, layer], platform: { os: 'unknown', architecture: 'unknown' } },
  );
  content.descriptor.annotations = {
    'vnd.docker.reference.digest': image.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return content;
}

/** What cosign before version 3 puts beside an image: `{ tag: 'sha256-<hex>.sig', content }`. */
export function buildCosignTag(image: BuiltContent, kind: 'sig' | 'att' | 'sbom' = 'sig'): { tag: string; content: BuiltContent } {
  const payload = Buffer.from(
    JSON.stringify({
      critical: { image: { 'docker-manifest-digest': image.digest }, type: 'cosign container image signature' },
      optional: null,
    }),
  );
  const config = Buffer.from(JSON.stringify({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] } }));
  const mediaType = { sig: mediaTypes.simpleSigning, att: 'application/vnd.dsse.envelope.v1+json', sbom: 'spdx+json' }[kind];
  const content = contentOf(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: blobDescriptor(mediaTypes.ociConfig, config),
      layers: [blobDescriptor(mediaType, payload, { annotations: { 'dev.cosignproject.cosign/signature': 'bm90IHJlYWw=' } })],
    },
    { blobs: [config, payload] },
  );
  return { tag: `${image.digest.replace(':', '-')}.${kind}`, content };
}

function statement(
  subject: BuiltContent,
  predicateType: string,
  predicate: object = { builder: { id: 'https://ci.example/builder' } },
): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: subject.digest.slice('sha256:'.length) } }],
    predicateType,
    predicate,
  });
}
