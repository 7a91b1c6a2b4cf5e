import { describe, expect, it } from 'vitest';
import {
  allows,
  allowsSomewhere,
  canSeeRegistry,
  lowerRole,
  type Permission,
  permissions,
  permissionsOf,
  requirePermission,
  type Role,
} from './permissions.ts';
import type { Principal } from './principal.ts';

const principal = (role: Role, more: Partial<Principal> = {}): Principal => ({
  kind: 'user',
  id: 'usr_1',
  userId: 'usr_1',
  name: 'ana',
  role,
  projects: new Map(),
  ...more,
});
const member = (role: Role, project: Role) => principal(role, { projects: new Map([['red', project]]) });

describe('roles', () => {
  it('give more from viewer to administrator', () => {
    const [viewer, operator, administrator] = [permissionsOf('viewer'), permissionsOf('operator'), permissionsOf('administrator')];
    expect(viewer.isSubsetOf(operator) && operator.isSubsetOf(administrator)).toBe(true);
    expect([...administrator]).toEqual([...permissions]);
    expect([...operator.difference(viewer)]).toEqual([
      'registry:write',
      'registry:test',
      'registry:delete',
      'repository:write',
      'image:delete',
      'copy:write',
      'sync:write',
      'credential:use',
    ]);
    for (const reserved of ['user:read', 'user:write', 'audit:read', 'hub:write', 'project:write'] satisfies Permission[])
      expect(operator.has(reserved)).toBe(false);
    expect(lowerRole('viewer', 'administrator')).toBe('viewer');
  });

  it('of a project count for the registries of that project only', () => {
    const ana = member('viewer', 'operator');
    expect(allows(ana, 'registry:write')).toBe(false);
    expect(allows(ana, 'registry:write', ['red'])).toBe(true);
    expect(allows(ana, 'registry:write', ['blue'])).toBe(false);
    expect(allowsSomewhere(ana, 'registry:write')).toBe(true);
    expect(allowsSomewhere(principal('viewer'), 'registry:write')).toBe(false);
  });

  it('of a project never make an administrator of the hub', () => {
    const ana = member('viewer', 'administrator');
    expect(permissions.filter((permission) => allowsSomewhere(ana, permission))).toEqual(
      [...permissionsOf('operator')].toSorted((a, b) => permissions.indexOf(a) - permissions.indexOf(b)),
    );
  });

  it('of a token limited to some registries never reach beyond registries', () => {
    const token = principal('administrator', { kind: 'token', registries: ['reg_1'] });
    expect(permissions.filter((permission) => allowsSomewhere(token, permission))).toEqual(
      [...permissionsOf('operator')].toSorted((a, b) => permissions.indexOf(a) - permissions.indexOf(b)),
    );
    expect(() => requirePermission(token, 'user:write')).toThrow('limited to certain registries');
  });

  it('are asked for by name', () => {
    expect(() => requirePermission(principal('viewer'), 'registry:delete')).toThrow(
      expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('registry:delete') }),
    );
  });
});

describe('canSeeRegistry', () => {
  const red = { id: 'reg_1', allProjects: false, projects: ['red'] };
  const all = { id: 'reg_2', allProjects: true, projects: [] };

  it.each([
    ['a stranger', principal('operator'), [false, true]],
    ['a member', member('viewer', 'viewer'), [true, true]],
    ['an administrator', principal('administrator'), [true, true]],
    ['a token for it', principal('administrator', { kind: 'token', registries: ['reg_1'] }), [true, false]],
    ['a token of a stranger for it', principal('viewer', { kind: 'token', registries: ['reg_1'] }), [false, false]],
  ])('answers %s', (_who, who, expected) => {
    expect([canSeeRegistry(who, red), canSeeRegistry(who, all)]).toEqual(expected);
  });
});
