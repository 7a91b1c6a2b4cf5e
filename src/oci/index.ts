export { AddressGuard } from './address-guard.ts';
export type { CallOptions, ListOptions } from './call-options.ts';
export type { Challenge } from './challenge.ts';
export { parseChallenges } from './challenge.ts';
export type {
  AddressPolicy,
  ClientClock,
  ClientTraits,
  CredentialSource,
  DeletionTrait,
  Lookup,
  Quota,
  RealmGuard,
  RegistryClientOptions,
  RequestRecord,
  ScopeRequest,
  Timeouts,
  TlsMode,
  TlsOptions,
} from './client-options.ts';
export { ContentError } from './content-error.ts';
export { anonymous, type Credential } from './credential.ts';
export {
  canDeleteTags,
  type DeletedTag,
  type DeleteOptions,
  deleteManifest,
  type DeleteTagOptions,
  deleteTag,
  requireDeletable,
} from './delete-tag.ts';
export type { Descriptor } from './descriptor.ts';
export { type Digest, type DigestAlgorithm, digestOf, isDigest, type ParsedDigest, parseDigest } from './digest.ts';
export { type DockerConfig, type DockerConfigOptions, dockerCredentialSource, loadDockerConfig } from './docker-config.ts';
export * from './errors.ts';
export { parseJson } from './json.ts';
export {
  artifactTypeOf,
  type ImageManifestJson,
  type IndexJson,
  type Manifest,
  maxManifestBytes,
  parseManifest,
} from './manifest.ts';
export { isImageManifestType, isIndexType, isManifestType, isSchema1Type, manifestAccept, mediaTypes } from './media-types.ts';
export { formatPlatform, matchPlatform, type Platform, parsePlatform, selectPlatform } from './platform.ts';
export {
  familiarReference,
  formatReference,
  isTag,
  type ParseReferenceOptions,
  parseReference,
  parseRepositoryName,
  type Reference,
} from './reference.ts';
export {
  type Authentication,
  type Ping,
  RegistryClient,
  type RegistryRequest,
  type RegistryResponse,
  type SendRequest,
  type SendResponse,
} from './registry-client.ts';
export { isReferrersTag, type Referrers, referrersTag } from './referrers.ts';
export { type BlobStream, Repository } from './repository.ts';
export { registryUrl } from './registry-url.ts';
export { catalogScope, mergeScopes, parseScope, repositoryScope, type Scope } from './scope.ts';
export { type FailedCall, toTransportError } from './transport-errors.ts';
export type { BlobSource, UploadOptions, UploadOutcome, UploadState } from './upload.ts';
export {
  Bandwidth,
  BlobKnowledge,
  type BlobKnowledgeOptions,
  type IndexMemory,
  largestIndex,
  type CopiedTags,
  copy,
  type CopyEvent,
  type CopyOptions,
  type CopyRequests,
  type CopyResult,
  copyTags,
  type CopyTagsOptions,
  type PieceOutcome,
  type Place,
  type QuotaCost,
  type ReadTarget,
  RepositoryTarget,
  type RepositoryTargetOptions,
  type RequestCounts,
  type WriteTarget,
} from './copy/index.ts';
export type { Deletable, VendorDeletion } from './vendor-deletion.ts';
export { ImageArchive } from './archive/archive.ts';
export { ArchiveWriter } from './archive/archive-writer.ts';
export { OciLayout } from './layout/index.ts';
