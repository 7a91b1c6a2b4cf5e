/**
 * `tagboat/testing`: an OCI registry in your own process, for tests of whatever talks to registries.
 *
 * @example
 * ```ts
 * import { buildImage, startRegistry, tooManyRequests } from 'tagboat/testing';
 *
 * const registry = await startRegistry({ auth: { kind: 'token', users: { ci: 'secret' } } });
 * registry.put('shop/api', buildImage(), '1.0.0', 'latest');
 * registry.faults.add({ method: 'GET', path: '/manifests/' }, tooManyRequests(1));
 * // … point the client at registry.url …
 * await registry.close();
 * ```
 */
export type { AuthOptions, BasicAuth, TokenAuth } from './authorisation.ts';
export { Authorisation } from './authorisation.ts';
export type { ArtifactInput, HelmChartInput, ImageInput, IndexInput, LayerInput, RuntimeConfig } from './build.ts';
export { buildArtifact, buildHelmChart, buildImage, buildIndex } from './build.ts';
export type { BuiltContent, DigestAlgorithm, JsonDescriptor } from './built-content.ts';
export { contentOf, digestOf } from './built-content.ts';
export type { StoredManifest } from './content-store.ts';
export { ContentStore } from './content-store.ts';
export { demoRepositories, putDemoContent } from './demo-content.ts';
export type { Exchange, Reply } from './exchange.ts';
export { FakeClock } from './fake-clock.ts';
export * from './fault-effects.ts';
export type { FaultEffect, FaultHandle, FaultMatch } from './faults.ts';
export { Faults } from './faults.ts';
export { mediaTypes } from './media-types.ts';
export type { LayoutEntry } from './oci-layout.ts';
export { writeOciLayout } from './oci-layout.ts';
export type { RegistryOptions } from './registry-options.ts';
export type { RequestEntry, TestRegistry } from './registry-server.ts';
export { startRegistry } from './registry-server.ts';
export type { AttestationInput } from './supply-chain.ts';
export { buildAttestation, buildBuildKitAttestation, buildCosignTag, buildSbom, buildSignature } from './supply-chain.ts';
export type { TarFiles } from './tar.ts';
export { gzip, tar } from './tar.ts';
export type { AccessRule, Scope } from './token-authority.ts';
