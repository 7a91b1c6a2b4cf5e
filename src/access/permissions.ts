import { type ExpressionBuilder, type RawBuilder, sql, type SqlBool } from 'kysely';
import { Forbidden } from '../core/errors.ts';
import type { Database } from '../store/index.ts';
import type { Principal } from './principal.ts';

export const roles = ['viewer', 'operator', 'administrator'] as const;
export type Role = (typeof roles)[number];

export const permissions = [
  'registry:read',
  'registry:write',
  'registry:test',
  'registry:delete',
  'catalog:read',
  'repository:write',
  'image:delete',
  'copy:read',
  'copy:write',
  'sync:read',
  'sync:write',
  'credential:pull',
  'credential:use',
  'project:read',
  'project:write',
  'user:read',
  'user:write',
  'token:read',
  'token:write',
  'audit:read',
  'hub:read',
  'hub:write',
] as const;
export type Permission = (typeof permissions)[number];

const viewer: readonly Permission[] = [
  'registry:read',
  'catalog:read',
  'copy:read',
  'sync:read',
  'credential:pull',
  'project:read',
  'token:read',
  'token:write',
  'hub:read',
];
const operator: readonly Permission[] = [
  ...viewer,
  'registry:write',
  'registry:test',
  'registry:delete',
  'repository:write',
  'image:delete',
  'copy:write',
  'sync:write',
  'credential:use',
];

const byRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(viewer),
  operator: new Set(operator),
  administrator: new Set(permissions),
};

/** Permissions that concern registries, and what everybody has: a role in a project can add them, a token limited to registries has no others. */
const registryPermissions: ReadonlySet<Permission> = new Set(operator);

/** What a role may do everywhere. `token:*` means one's own tokens; those of others take `user:read` and `user:write`. */
export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return byRole[role];
}

/** Whether `role` is at most `limit`. */
export function roleWithin(role: Role, limit: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(limit);
}

export function higherRole(a: Role, b: Role): Role {
  return roleWithin(a, b) ? b : a;
}

export function lowerRole(a: Role, b: Role): Role {
  return roleWithin(a, b) ? a : b;
}

/**
 * Whether the principal has a permission: by its role, or, when `projects` are given, by its role in one of them. Give the
 * projects that the registry concerned is limited to, and none for a registry of all projects: it belongs to no project.
 */
export function allows(principal: Principal, permission: Permission, projects: Iterable<string> = []): boolean {
  // Who may make users or read the audit log reaches every registry, so a limit to some of them would be none.
  if (principal.registries && !registryPermissions.has(permission)) return false;
  if (permissionsOf(principal.role).has(permission)) return true;
  if (!registryPermissions.has(permission)) return false;
  for (const project of projects) {
    const role = principal.projects.get(project);
    if (role && permissionsOf(role).has(permission)) return true;
  }
  return false;
}

/** Whether the principal has the permission by its role or by its role in at least one project: for routes, before the row is known. */
export function allowsSomewhere(principal: Principal, permission: Permission): boolean {
  return allows(principal, permission, principal.projects.keys());
}

/** Throws Forbidden unless `allows`. */
export function requirePermission(principal: Principal, permission: Permission, projects: Iterable<string> = []): void {
  if (allows(principal, permission, projects)) return;
  const limited = principal.registries ? ', limited to certain registries' : '';
  throw new Forbidden(`${principal.name} (${principal.role}${limited}) does not have the permission ${permission}.`, { permission });
}

/** The same as `requirePermission`. */
export { requirePermission as require };

/**
 * Condition for queries on `registries`: those that exist for the principal. Administrators see all; others those of all
 * projects and of projects they are members of; a token's list of registries narrows further.
 *
 * @example db.selectFrom('registries').selectAll().where(visibleRegistries(principal))
 */
export function visibleRegistries(principal: Principal): (eb: ExpressionBuilder<Database, 'registries'>) => RawBuilder<SqlBool> {
  return () => {
    const scoped =
      principal.role === 'administrator'
        ? sql<SqlBool>`1 = 1`
        : sql<SqlBool>`(registries.all_projects = 1 or exists (
            select 1 from registry_projects visible
            where visible.registry_id = registries.id and visible.project_id in (${list([...principal.projects.keys()])})
          ))`;
    return principal.registries ? sql<SqlBool>`(${scoped} and registries.id in (${list(principal.registries)}))` : scoped;
  };
}

/** Whether a registry, already read with its projects, exists for the principal: the same rule as `visibleRegistries`. */
export function canSeeRegistry(principal: Principal, registry: { id: string; allProjects: boolean; projects: Iterable<string> }): boolean {
  if (principal.registries && !principal.registries.includes(registry.id)) return false;
  if (principal.role === 'administrator' || registry.allProjects) return true;
  for (const project of registry.projects) if (principal.projects.has(project)) return true;
  return false;
}

/** `in ()` with nothing in it is an error on PostgreSQL. */
function list(values: readonly string[]): RawBuilder<unknown> {
  return values.length === 0 ? sql`null` : sql.join(values);
}
