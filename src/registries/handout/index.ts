/** Handing credentials of registries to clients. */
export { Handouts, type HandoutsDeps } from './handouts.ts';
export type { Handout, HandoutRequest, HandoutScope } from './types.ts';
