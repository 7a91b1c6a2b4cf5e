import type { z } from 'zod';
import {
  type ApiToken,
  type AuditEntry,
  allowsSomewhere,
  type Principal,
  type Project,
  permissions,
  type Session,
  type User,
} from '../../access/index.ts';
import type * as schemas from '../schemas/access.ts';
import { iso, isoOrNone } from './time.ts';

/** A person as the API answers them. */
export function presentUser(user: User): z.output<typeof schemas.user> {
  const { updatedAt: _updatedAt, createdAt, lastSeenAt, ...same } = user;
  return { ...same, createdAt: iso(createdAt), lastSeenAt: isoOrNone(lastSeenAt) };
}

/** Who is signed in. `permissions` are those they have somewhere: everywhere, or on the registries of one of their projects. */
export function presentOwnSession({
  user,
  principal,
  session,
}: {
  user: User;
  principal: Principal;
  session?: Session;
}): z.output<typeof schemas.session> {
  return {
    user: { ...presentUser(user), role: principal.role },
    csrf: session?.csrf ?? '',
    expiresAt: isoOrNone(session?.expiresAt),
    via: principal.kind === 'token' ? 'token' : 'session',
    permissions: permissions.filter((permission) => allowsSomewhere(principal, permission)),
  };
}

/** An API token without the token itself. */
export function presentToken(token: ApiToken): z.output<typeof schemas.apiToken> {
  return { ...token, createdAt: iso(token.createdAt), expiresAt: isoOrNone(token.expiresAt), lastUsedAt: isoOrNone(token.lastUsedAt) };
}

export function presentProject(project: Project): z.output<typeof schemas.project> {
  return { ...project, createdAt: iso(project.createdAt) };
}

export function presentAuditEntry(entry: AuditEntry): z.output<typeof schemas.auditEntry> {
  return { ...entry, at: iso(entry.at) };
}
