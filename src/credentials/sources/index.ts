export type { CredentialSourceOptions, VaultOptions } from './options.ts';
export type { SourceQuestion } from './source.ts';
export { CredentialSources, type SourceKind } from './sources.ts';
