/** Copies content between registries and disk: what is there is not sent, bytes stay the same, tags go last. */
export { Bandwidth } from './bandwidth.ts';
export { BlobKnowledge, type BlobKnowledgeOptions } from './blob-knowledge.ts';
export { copy, type CopyOptions, type CopyResult } from './copy.ts';
export { type CopiedTags, copyTags, type CopyTagsOptions } from './copy-tags.ts';
export { type IndexMemory, largestIndex, RecentIndexes } from './index-memory.ts';
export type { CopyEvent, PieceOutcome } from './events.ts';
export type { QuotaCost } from './quota.ts';
export { RepositoryTarget, type RepositoryTargetOptions } from './repository-target.ts';
export type { CopyRequests, RequestCounts } from './tally.ts';
export type { Place, ReadTarget, WriteTarget } from './target.ts';
