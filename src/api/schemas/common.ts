import { z } from 'zod';

/** ISO 8601, UTC. */
export const time = z.iso.datetime().describe('ISO 8601 time in UTC');
export const role = z.enum(['viewer', 'operator', 'administrator']).meta({ id: 'Role' });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened and where, in a sentence'),
    code: z.string().describe('Stable error code, see docs/reference/errors.md'),
    fault: z.enum(['caller', 'remote', 'hub']),
    help: z.string().optional().describe('What to do next'),
    field: z.string().optional().describe('The field at fault, where there is one'),
    fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    references: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string() })).optional(),
    retryAfter: z.number().optional().describe('Seconds'),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem' });

/** Why a listing is not whole, and when it goes on. */
export const partial = z.object({ reason: z.string(), code: z.string(), retryAt: time.optional() }).meta({ id: 'Partial' });

/** A page of a list: `next` is the cursor of the following page, absent on the last. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().optional().describe('Cursor of the following page, absent on the last'),
    total: z.int().optional().describe('Number of all items, where it is known'),
    partial: partial.optional(),
  });

/** Query of every paged list. */
export const pageQuery = z.strictObject({
  cursor: z.string().max(2000).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Most items on one page'),
});

/** A whole list that is never long enough to need pages. */
export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** Path parameter: an identifier or a name. */
export const key = z.string().min(1).max(200);
