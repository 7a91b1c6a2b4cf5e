/** Deletion of tags and manifests, guarded. `planDeletion` and `carryOut` need no hub. */
export { carryOut } from './carry-out.ts';
export { Deletions, type DeletionsDeps } from './deletions.ts';
export { type DeletionPlan, planDeletion, plannedReport } from './plan.ts';
export { namesOf } from './uses.ts';
export type { ListedTag, TagLister } from './repository-tags.ts';
export type * from './types.ts';
