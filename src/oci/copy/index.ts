/** Copies content between registries and disk: what is there is not sent, bytes stay the same, tags go last. */
export { BlobKnowledge } from './blob-knowledge.ts';
export { copy, type CopyOptions, type CopyResult } from './copy.ts';
export { type CopiedTags, copyTags, type CopyTagsOptions } from './copy-tags.ts';
export type { CopyEvent, PieceOutcome } from './events.ts';
export { RepositoryTarget } from './repository-target.ts';
export type { Place, ReadTarget, WriteTarget } from './target.ts';
