import { type Expression, type RawBuilder, sql, type SqlBool } from 'kysely';

/**
 * Whether a text column contains `text`, ignoring ASCII case, the same on SQLite and PostgreSQL (whose LIKE differ).
 * `%` and `_` in `text` stand for themselves.
 */
export function containsText(column: Expression<string | null>, text: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`lower(${column}) like ${`%${escapeLike(text.toLowerCase())}%`} escape '\\'`;
}

/** Whether a text column begins with `text`, ignoring ASCII case. */
export function startsWithText(column: Expression<string | null>, text: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`lower(${column}) like ${`${escapeLike(text.toLowerCase())}%`} escape '\\'`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
