/** What deletes at a registry directly: no hub, no store. */
import type { Repository } from '../../oci/index.ts';
import { planDeletion as plan, type PlanDeletionOptions, plannedReport } from './plan.ts';
import type { TagLister } from './repository-tags.ts';
import type { DeletionReport } from './types.ts';

export { carryOut } from './carry-out.ts';
export type { DeletionOutcome, DeletionReport } from './types.ts';

/** What would be deleted, as a report in which nothing was done. */
export async function planDeletion(
  repository: Repository,
  references: readonly string[],
  list: TagLister,
  options: PlanDeletionOptions,
): Promise<DeletionReport> {
  return plannedReport(await plan(repository, references, list, options));
}
