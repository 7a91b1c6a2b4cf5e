/** Moving images: copies made by the hub, rules that keep repositories in step, guarded deletion. */
export { copyParts, type CopyParts } from './copies/assemble.ts';
export { Copies } from './copies/copies.ts';
export { CopyRunner } from './copies/runner.ts';
export type * from './copies/types.ts';
export { UploadKeeper } from './copies/upload-keeper.ts';
export { UploadStore } from './copies/upload-store.ts';
export * from './deletion/index.ts';
export type * from './sync/rule-types.ts';
export { syncParts, type SyncParts } from './sync/assemble.ts';
export { SyncRules, type SyncRulesDeps } from './sync/rules.ts';
export { SyncRunner, type SyncRunnerDeps } from './sync/runner.ts';
export type * from './sync/types.ts';
export { type OpenedEnd, Targets, type TargetsDeps } from './targets.ts';
