import type { z } from 'zod';
import type { Copy, CopyPlan } from '../../distribution/index.ts';
import type { copy, copyPlanList } from '../schemas/copy.ts';
import { iso } from './time.ts';

/** A copy as the API answers it. */
export function presentCopy(row: Copy): z.output<typeof copy> {
  const { source, destination, settings, createdAt, startedAt, finishedAt, nextAttemptAt, progress, ...same } = row;
  const { platforms, ...rest } = settings;
  return {
    ...same,
    source,
    destination: { ...destination, tags: [...destination.tags] },
    settings: { ...rest, ...(platforms && { platforms: [...platforms] }) },
    createdAt: iso(createdAt),
    ...(startedAt !== undefined && { startedAt: iso(startedAt) }),
    ...(finishedAt !== undefined && { finishedAt: iso(finishedAt) }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt: iso(nextAttemptAt) }),
    ...(progress && { progress: { ...progress, active: [...progress.active], notes: [...progress.notes] } }),
  };
}

export function presentCopyPlans(plans: readonly CopyPlan[]): z.output<typeof copyPlanList> {
  return {
    items: plans.map(({ destination, ...same }) => ({ ...same, destination: { ...destination, tags: [...destination.tags] } })),
  };
}
