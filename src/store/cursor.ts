import type { z } from 'zod';
import { TagboatError } from '../core/errors.ts';

/** Largest cursor that is read, in characters. */
const maxCursor = 2000;

/** Opaque text for where a listing goes on: base64url of the JSON of `position`. Holds nothing secret. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Reads a cursor back. What comes from outside is checked against `schema`, so it can go into a query as parameters.
 * Throws `invalid_cursor`.
 */
export function decodeCursor<S extends z.ZodType>(cursor: string, schema: S): z.output<S> {
  const refuse = () =>
    new TagboatError('The cursor of the listing is not valid.', { code: 'invalid_cursor', fault: 'caller', retry: 'never' });
  if (cursor.length > maxCursor || !/^[A-Za-z0-9_-]+$/.test(cursor)) throw refuse();
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refuse();
  }
  const position = schema.safeParse(value);
  if (!position.success) throw refuse();
  return position.data;
}

/**
 * Cuts one page out of `rows`, which were read with `limit + 1`: the extra row only shows that there is a next page.
 */
export function pageOf<T>(rows: readonly T[], limit: number, position: (last: T) => unknown): { items: T[]; next?: string } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: encodeCursor(position(last)) } : { items };
}
