/** Registries: the entity, what people paste and type of it, matching references, testing and checking connections. */
export { canonicalPem, parseCertificates } from './certificates.ts';
export { RegistryChecker, type RegistryCheckerOptions } from './checker.ts';
export type { CredentialCache, OutboundPolicy, RegistriesDeps, SecretKeyring } from './deps.ts';
export { detect, type DetectOptions, detectWithProbe } from './detect/index.ts';
export { type DoctorSubject, type DoctorTimeouts, runDoctor } from './doctor/index.ts';
export { nameProblem, suggestName } from './name.ts';
export type { OpenRegistry } from './opener.ts';
export { Registries, type RegistryMatch } from './registries.ts';
export type { ReferenceSource } from './removing.ts';
export type { RegistryFilter } from './store.ts';
export type * from './types.ts';
export { parseRegistryUrl, type TypedUrl } from './url.ts';
