/** OCI layouts that carry images into networks without a way in: a signed list of what they hold, and repositories in one layout. */
export { BundleError } from './bundle-error.ts';
export { type BundleContents, type BundleImage, contentsFile, signatureFile } from './contents.ts';
export { isEncrypted, readSigningKey, readVerifyingKey } from './keys.ts';
export { layoutRepositories, LayoutRepository } from './layout-repository.ts';
export { pruneLayout } from './prune.ts';
export { isSigned, verifyBundle } from './verify.ts';
export { writeContents } from './write.ts';
