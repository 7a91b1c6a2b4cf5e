/** Imports: what other systems' registries are in ours, and ours in theirs. */
export { Imports } from './imports.ts';
export type * from './types.ts';
