/** The life of a registry's credential: what is known of it, who used it, what to be warned of, and changing it for the next one. */
export { Alerts } from './alerts.ts';
export { type CredentialLife, credentialLife } from './assemble.ts';
export { RegistryCredentials } from './credentials.ts';
export { ownCheck } from './state-store.ts';
export type * from './types.ts';
export { CredentialUses } from './uses.ts';
export { CredentialWorker, type CredentialWorkerOptions } from './worker.ts';
