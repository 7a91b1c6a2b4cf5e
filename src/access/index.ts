/** Who may do what: set-up, users, sessions, API tokens, projects, permissions, audit. */
export { type ApiToken, type ApiTokenInput, ApiTokens, apiTokenPrefix } from './api-tokens.ts';
export { Audit, type AuditEntry, type AuditPage, type AuditQuery, type AuditRecord } from './audit.ts';
export { LoginLimiter } from './login-limiter.ts';
export { minPasswordLength } from './passwords.ts';
export * from './permissions.ts';
export { type Principal, systemPrincipal } from './principal.ts';
export { type Project, type ProjectInput, type ProjectMember, Projects } from './projects.ts';
export { type Session, type SessionLimits, Sessions } from './sessions.ts';
export { Setup, type SetupInput } from './setup.ts';
export type { User, UserInput } from './user-row.ts';
export { type UserPatch, Users } from './users.ts';
