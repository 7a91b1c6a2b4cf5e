import { TagboatError } from '../core/errors.ts';

export interface Page<T> {
  items: T[];
  /** Cursor of the following page, absent on the last. */
  next?: string;
  total?: number;
}

/**
 * Cuts a page out of a list that is held in memory. The cursor holds the key of the last item shown, so items that come and
 * go between two pages neither repeat nor hide others, as long as the list is sorted by that key.
 *
 * @param items sorted ascending by `key`, compared by code units
 */
export function paginate<T>(items: readonly T[], query: { cursor?: string; limit: number }, key: (item: T) => string): Page<T> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  const sorted = items.toSorted((a, b) => compare(key(a), key(b)));
  const start = after === undefined ? 0 : sorted.findIndex((item) => compare(key(item), after) > 0);
  const rest = start < 0 ? [] : sorted.slice(start, start + query.limit + 1);
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page,
    ...(rest.length > query.limit && last !== undefined && { next: encodeCursor(key(last)) }),
    total: sorted.length,
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const encodeCursor = (key: string): string => Buffer.from(JSON.stringify([key])).toString('base64url');

function decodeCursor(cursor: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
  } catch (cause) {
    throw invalidCursor(cause);
  }
  throw invalidCursor();
}

function invalidCursor(cause?: unknown): TagboatError {
  return new TagboatError('The cursor does not come from an earlier page of this list.', {
    code: 'invalid_cursor',
    fault: 'caller',
    retry: 'never',
    cause,
  });
}
