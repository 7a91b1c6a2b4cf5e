import { describe, expect, it } from 'vitest';
import { parseManifest } from '../oci/index.ts';
import {
  buildArtifact,
  buildBuildKitAttestation,
  buildCosignTag,
  buildHelmChart,
  buildImage,
  buildIndex,
  buildSignature,
  type BuiltContent,
} from '../testing/index.ts';
import { artifactTitle, artifactTypeOfContent, kindOf } from './artifact-kinds.ts';

const image = buildImage();
const seen = (content: BuiltContent) => {
  const manifest = parseManifest(content.bytes, content.mediaType);
  const type = artifactTypeOfContent(manifest);
  return [
    kindOf(manifest.mediaType, type),
    artifactTitle(type, { ...manifest.image?.layers[0]?.annotations, ...manifest.image?.annotations }),
  ];
};

describe('what things are called', () => {
  it.each([
    ['an image', image, 'image', undefined],
    ['a Docker image', buildImage({ format: 'docker' }), 'image', undefined],
    ['an index', buildIndex({ manifests: [image] }), 'index', undefined],
    ['a chart', buildHelmChart({ name: 'x', version: '1.0.0' }), 'helm-chart', 'Helm chart'],
    ['a signature bundle', buildSignature(image), 'artifact', 'Cosign signature'],
    ['a classic signature', buildCosignTag(image).content, 'artifact', 'Cosign signature'],
    ['a BuildKit attestation', buildBuildKitAttestation(image), 'artifact', 'SLSA provenance'],
    ['a policy', buildArtifact({ artifactType: 'application/vnd.cncf.kyverno.config.v1+json' }), 'artifact', 'Kyverno policies'],
    ['something new', buildArtifact({ artifactType: 'application/x-new' }), 'artifact', 'Artifact'],
  ])('%s', (_what, content, kind, title) => {
    expect(seen(content)).toEqual([kind, title]);
  });

  it('does not guess while the media type is unknown', () => {
    expect(kindOf(undefined, undefined)).toBe('unknown');
    expect(kindOf('application/vnd.docker.distribution.manifest.v1+prettyjws', undefined)).toBe('unknown');
  });
});
