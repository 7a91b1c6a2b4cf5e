import type { Principal } from '../../access/index.ts';
import { type FieldError, InvalidSettings, NotFound } from '../../core/errors.ts';
import { mayFor, type Registries, type Registry, requireFor, requirePullable, requireWithin } from '../../registries/index.ts';
import { fixedPart, isGlob } from './glob.ts';
import { readRule } from './rule.ts';
import type { SyncSpec } from './types.ts';

/** A spec whose registries are ids, and those registries. */
export interface ResolvedSpec {
  spec: SyncSpec;
  source: Registry;
  destination: Registry;
}

/**
 * Finds the registries of a spec for somebody who wants it carried out: they have to see both, be allowed to pull from the source, and to
 * keep rules that write to the destination; one that mirrors deletes there, too.
 *
 * @throws InvalidSettings with every field at fault; Forbidden
 */
export async function resolveSpec(registries: Pick<Registries, 'get'>, principal: Principal, spec: SyncSpec): Promise<ResolvedSpec> {
  const fields = problemsOf(spec);
  const source = await findAt('spec.source.registry', spec.source.registry);
  const destination = await findAt('spec.destination.registry', spec.destination.registry);
  if (!source || !destination || fields.length > 0) {
    throw new InvalidSettings(`The rule cannot be accepted: ${fields.map(({ message }) => message).join(' ')}`, fields);
  }
  requireSyncRights(principal, spec, source, destination);
  return {
    spec: { ...spec, source: { ...spec.source, registry: source.id }, destination: { ...spec.destination, registry: destination.id } },
    source,
    destination,
  };

  async function findAt(field: string, key: string): Promise<Registry | undefined> {
    try {
      return await registries.get(principal, key);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      fields.push({ field, message: error.message });
      return undefined;
    }
  }
}

function problemsOf(spec: SyncSpec): FieldError[] {
  try {
    readRule(spec);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    return error.fields.map(({ field, message }) => ({ field: `spec.${field}`, message }));
  }
}

/** @throws Forbidden unless the principal may have a rule like this carried out. */
export function requireSyncRights(principal: Principal, spec: SyncSpec, source: Registry, destination: Registry): void {
  requireFor(principal, 'sync:write', destination);
  requireFor(principal, 'credential:pull', source);
  const mayUse = mayFor(principal, 'credential:use', source);
  for (const text of spec.source.repositories) {
    // What a glob fits is found out when the rule runs, on the hub's own account: all of it has to be what its maker may pull.
    if (!isGlob(text) || !mayUse) requirePullable(principal, source, isGlob(text) ? `${fixedPart(text)}x` : text);
  }
  const written = spec.destination.repository;
  if (written !== undefined && !written.includes('{')) requireWithin(destination, written, 'spec.destination.repository');
  if (spec.mode === 'mirror') requireFor(principal, 'image:delete', destination);
}
