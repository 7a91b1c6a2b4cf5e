import { allows, type Permission, type Principal, requirePermission } from '../access/index.ts';
import { type FieldError, Forbidden, InvalidSettings } from '../core/errors.ts';
import type { RegistryDraft } from './draft.ts';
import { beyondShown } from './handout/grain.ts';
import type { Registry } from './types.ts';

/** Whether the principal may do this with the registry, by its role or by its role in a project of it. */
export function mayFor(principal: Principal, permission: Permission, registry: Registry): boolean {
  return allows(principal, permission, registry.allProjects ? [] : registry.projects);
}

/** Throws Forbidden unless the principal may do this with the registry, by its role or by its role in a project of it. */
export function requireFor(principal: Principal, permission: Permission, registry: Registry): void {
  requirePermission(principal, permission, registry.allProjects ? [] : registry.projects);
}

/** Why a repository is none that the registry is for; undefined when it is one. */
export function namespaceProblem({ name, namespace }: Pick<Registry, 'name' | 'namespace'>, repository: string): string | undefined {
  if (namespace === '' || repository.startsWith(`${namespace}/`)) return undefined;
  return `“${name}” is limited to ${namespace}: the name has to begin with ${namespace}/.`;
}

/**
 * Holds that a registry is used within its namespace only, whatever its credential opens beside that.
 *
 * @throws InvalidSettings at `field`
 */
export function requireWithin(registry: Pick<Registry, 'name' | 'namespace'>, repository: string, field = 'repository'): void {
  const message = namespaceProblem(registry, repository);
  if (message !== undefined) throw new InvalidSettings(message, [{ field, message }], { registry: registry.name });
}

/**
 * Holds that content reaches nobody by a copy to whom the registry would not hand a credential for it: who may only pull, is shown what is
 * below its namespace and below the path of its prefix.
 *
 * @throws Forbidden; InvalidSettings at `repository`
 */
export function requirePullable(principal: Principal, registry: Registry, repository: string): void {
  requireFor(principal, 'credential:pull', registry);
  requireWithin(registry, repository);
  if (mayFor(principal, 'credential:use', registry)) return;
  const beyond = beyondShown(registry, undefined, [repository]);
  if (beyond === undefined) return;
  throw new Forbidden(`${principal.name} may pull from “${registry.name}” what it shows. ${beyond}`, { permission: 'credential:use' });
}

/** A token that is limited to some registries makes no new ones: it could not even see them. */
export function requireUnlimited(principal: Principal): void {
  if (!principal.registries) return;
  throw new Forbidden(`${principal.name} is limited to certain registries and cannot add others.`, { permission: 'registry:write' });
}

/**
 * Whether the principal may give a registry this scope; answers what is wrong. Nobody widens a registry beyond what they
 * could create themselves, or hides it from themselves.
 *
 * @param ids project ids of the draft, resolved
 */
export function scopeProblem(
  principal: Principal,
  draft: RegistryDraft,
  ids: readonly string[],
  before?: Registry,
): FieldError | undefined {
  if (principal.role === 'administrator') return undefined;
  if (draft.allProjects) {
    if (before?.allProjects || allows(principal, 'registry:write')) return undefined;
    return { field: 'allProjects', message: 'You may add registries to your projects only. Choose among them.' };
  }
  const foreign = ids.find(
    (id) => !before?.projects.includes(id) && !(principal.projects.has(id) && allows(principal, 'registry:write', [id])),
  );
  // The same words as for a project that is not there: it may be none of their business that it is.
  if (foreign !== undefined) return { field: 'projects', message: noSuchProject(draft.projects[ids.indexOf(foreign)] ?? '') };
  if (!ids.some((id) => principal.projects.has(id))) {
    return { field: 'projects', message: 'Choose at least one of your projects, or you would not see the registry yourself.' };
  }
  return undefined;
}

export function noSuchProject(text: string): string {
  return `There is no project “${text.slice(0, 64)}” that you may give registries to.`;
}
