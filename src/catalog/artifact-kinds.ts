import { isImageManifestType, isIndexType, type Manifest, mediaTypes } from '../oci/index.ts';
import type { ContentKind } from './types.ts';

/** Artifact type → what people call it. Types end in a version now and then, so the longest beginning counts. */
const titles: readonly (readonly [string, string])[] = [
  ['application/vnd.cncf.helm.config.', 'Helm chart'],
  ['application/vnd.cncf.helm.chart.', 'Helm chart'],
  // Signatures
  ['application/vnd.dev.cosign.simplesigning.', 'Cosign signature'],
  ['application/vnd.dev.cosign.artifact.sig.', 'Cosign signature'],
  ['application/vnd.dev.cosign.artifact.sbom.', 'SBOM (cosign)'],
  ['application/vnd.dev.sigstore.bundle', 'Sigstore bundle'],
  ['application/vnd.cncf.notary.signature', 'Notary signature'],
  ['application/jose+json', 'Signature (JOSE)'],
  // What is inside
  ['application/spdx+json', 'SPDX SBOM'],
  ['text/spdx', 'SPDX SBOM'],
  ['spdx+json', 'SPDX SBOM'],
  ['application/vnd.cyclonedx', 'CycloneDX SBOM'],
  ['application/vnd.syft+json', 'Syft SBOM'],
  ['application/sarif+json', 'SARIF report'],
  ['application/vnd.openvex', 'VEX statement'],
  ['application/vnd.security.vulnerability.report', 'Vulnerability report'],
  // How it was made
  ['application/vnd.in-toto', 'In-toto attestation'],
  ['application/vnd.dsse.envelope', 'Attestation'],
  ['application/vnd.buildkit.cacheconfig.', 'BuildKit cache'],
  // Programs that are no containers
  ['application/vnd.wasm.', 'WebAssembly module'],
  ['application/wasm', 'WebAssembly module'],
  ['application/vnd.docker.plugin.', 'Docker plugin'],
  ['application/vnd.sylabs.sif.', 'Singularity image'],
  ['application/vnd.docker.compose', 'Compose application'],
  ['application/vnd.docker.ai.model.', 'AI model'],
  ['application/vnd.cncf.model.', 'AI model'],
  ['application/vnd.devcontainers', 'Dev container feature'],
  // Configuration
  ['application/vnd.cncf.flux.', 'Flux source'],
  ['application/vnd.cncf.openpolicyagent.', 'OPA policy'],
  ['application/vnd.cncf.kyverno.', 'Kyverno policies'],
  ['application/vnd.cncf.falco.', 'Falco rules'],
  ['application/vnd.cncf.argoproj.', 'Argo CD source'],
  ['application/vnd.gatekeeper', 'Gatekeeper policy'],
];

/** `predicateType` of an in-toto statement → what people call it. */
const predicates: readonly (readonly [string, string])[] = [
  ['https://slsa.dev/provenance/', 'SLSA provenance'],
  ['https://spdx.dev/Document', 'SPDX SBOM attestation'],
  ['https://cyclonedx.org/bom', 'CycloneDX SBOM attestation'],
  ['https://cosign.sigstore.dev/attestation/vuln/', 'Vulnerability report attestation'],
  ['https://openvex.dev/ns', 'VEX attestation'],
  ['https://sigstore.dev/cosign/sign/', 'Cosign signature'],
  ['https://slsa.dev/verification_summary/', 'SLSA verification summary'],
];

const predicateAnnotations = ['in-toto.io/predicate-type', 'dev.sigstore.bundle.predicateType', 'predicateType'];

const imageConfigs: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig]);

/** Whether this artifact type is that of an ordinary container image. */
export function isImageType(artifactType: string | undefined): boolean {
  return artifactType === undefined || imageConfigs.has(artifactType);
}

/** What to call an artifact; undefined for a container image. Annotations tell more of attestations. */
export function artifactTitle(artifactType: string | undefined, annotations: Readonly<Record<string, string>> = {}): string | undefined {
  if (isImageType(artifactType)) return undefined;
  const predicate = predicateAnnotations.map((name) => annotations[name]).find((value) => value !== undefined);
  return lookUp(predicates, predicate) ?? lookUp(titles, artifactType) ?? 'Artifact';
}

/** What a manifest is, from its media type and artifact type; `unknown` while the media type is. */
export function kindOf(mediaType: string | undefined, artifactType: string | undefined): ContentKind | 'unknown' {
  if (mediaType === undefined) return 'unknown';
  if (!isImageType(artifactType)) return lookUp(titles, artifactType) === 'Helm chart' ? 'helm-chart' : 'artifact';
  if (isIndexType(mediaType)) return 'index';
  return isImageManifestType(mediaType) ? 'image' : 'unknown';
}

/**
 * The artifact type of a manifest. Cosign and BuildKit give their signatures and attestations the config of an image; their
 * layers tell what they are.
 */
export function artifactTypeOfContent(manifest: Manifest): string | undefined {
  if (manifest.kind === 'index') return manifest.index?.artifactType;
  const { image } = manifest;
  const declared = image?.artifactType ?? image?.config.mediaType;
  if (!isImageType(declared) && declared !== mediaTypes.ociEmpty) return declared;
  const first = image?.layers[0]?.mediaType;
  const telling = first !== undefined && !isFileSystemLayer(first) && first !== mediaTypes.ociEmpty;
  return telling ? first : declared;
}

function isFileSystemLayer(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.oci.image.layer.') || mediaType.startsWith('application/vnd.docker.image.rootfs.');
}

function lookUp(table: readonly (readonly [string, string])[], text: string | undefined): string | undefined {
  return text === undefined ? undefined : table.find(([beginning]) => text.startsWith(beginning))?.[1];
}
