import type { z } from 'zod';
import type { DeletionReport } from '../../distribution/index.ts';
import type { deletionReport } from '../schemas/deletion.ts';

/** A deletion as the API tells it. */
export function presentDeletion({ items, absent, partial }: DeletionReport): z.output<typeof deletionReport> {
  return {
    items: items.map(({ references, tags, sharedWith, orphans, usedBy, ...item }) => ({
      ...item,
      references: [...references],
      tags: [...tags],
      sharedWith: [...sharedWith],
      orphans: { images: [...orphans.images], referrers: [...orphans.referrers], tags: [...orphans.tags] },
      usedBy: [...usedBy],
    })),
    absent: [...absent],
    ...(partial !== undefined && { partial }),
  };
}
