/** The database: SQLite by default, PostgreSQL by address; one set of queries on both. */
export { decodeCursor, encodeCursor, pageOf } from './cursor.ts';
export type * from './distribution-schema.ts';
export { isForeignKeyViolation, isUniqueViolation } from './failures.ts';
export { containsText, startsWithText } from './like.ts';
export { presentOwner } from './ownership.ts';
export type * from './distribution-schema.ts';
export type * from './schema.ts';
export { openStore, type Queries, type Store, type StoreKind, type StoreOptions, type Trx } from './store.ts';
