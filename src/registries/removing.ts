import { type Audit, type Principal, requirePermission } from '../access/index.ts';
import { Conflict, InUse, InvalidSettings, type ReferenceTo } from '../core/errors.ts';
import type { Queries } from '../store/index.ts';
import { auditView } from './audit-view.ts';
import type { RegistryStore } from './store.ts';
import type { Registry } from './types.ts';

/**
 * Finds what refers to a registry. Runs inside the transaction of a removal: use the given queries only.
 *
 * @param principal who is told: what lies out of their sight stands against a removal all the same, and is not named. Absent: nobody is
 */
export type ReferenceSource = (registryId: string, queries: Queries, principal?: Principal) => Promise<ReferenceTo[]>;

export interface RemoveOptions {
  expectedVersion?: number;
  /** Id of the registry that becomes the default when this one was; `null`: none does. */
  nextDefault?: string | null;
  /** Registries that may be named as the next default: those the caller sees. */
  candidates: readonly Registry[];
}

/**
 * Removes a registry and everything cached of it, unless something refers to it.
 *
 * When it was the default, the next one is the one named; the only other one, if there is just one; otherwise the caller is
 * asked, by a Conflict that says so.
 *
 * @returns the registry that became the default, if any
 */
export async function removeRegistry(
  deps: { rows: RegistryStore; audit: Audit; references: (id: string, queries: Queries) => Promise<ReferenceTo[]> },
  principal: Principal,
  id: string,
  options: RemoveOptions,
): Promise<Registry | undefined> {
  const { rows, audit } = deps;
  return rows.transaction(async (trx) => {
    await rows.lock(trx);
    const stored = await rows.find(id, trx);
    if (!stored || stored.registry.id !== id) throw new Conflict('The registry was removed by somebody else meanwhile.');
    const { registry } = stored;
    if (options.expectedVersion !== undefined && options.expectedVersion !== registry.version) {
      throw new Conflict(
        `“${registry.name}” was changed by somebody else meanwhile. Load it again before removing it.`,
        'precondition_failed',
        {
          version: registry.version,
        },
      );
    }
    const references = await deps.references(id, trx);
    if (references.length > 0) {
      const named = references.slice(0, 3).map((reference) => `${reference.kind} “${reference.name}”`);
      const more = references.length > 3 ? ` and ${references.length - 3} more` : '';
      throw new InUse(`“${registry.name}” is still used by ${named.join(', ')}${more}.`, references);
    }
    // The default is everybody's: who may remove in some projects only does not choose the next.
    if (registry.default && options.nextDefault) requirePermission(principal, 'registry:write');
    const next = registry.default ? nextDefault(registry, options, (await rows.count(trx)) - 1) : undefined;
    await rows.delete(trx, id, registry.version);
    if (next) await rows.setDefault(trx, next.id);
    await audit.record(
      {
        principal,
        action: 'registry.remove',
        target: { kind: 'registry', id, name: registry.name },
        before: auditView(registry),
        ...(registry.default && { detail: next ? `“${next.name}” is the default registry now.` : 'There is no default registry now.' }),
      },
      trx,
    );
    return next;
  });
}

function nextDefault(registry: Registry, options: RemoveOptions, others: number): Registry | undefined {
  if (options.nextDefault === null || others === 0) return undefined;
  const candidates = options.candidates.filter((candidate) => candidate.id !== registry.id);
  if (options.nextDefault !== undefined) {
    const named = candidates.find((candidate) => candidate.id === options.nextDefault);
    if (named) return named;
    const message = 'The registry named as the next default does not exist.';
    throw new InvalidSettings(message, [{ field: 'nextDefault', message }]);
  }
  if (others === 1 && candidates.length === 1) return candidates[0];
  throw new Conflict(
    `“${registry.name}” is the default registry. Say which one becomes the default next (nextDefault), or that none does.`,
    'conflict',
    { candidates: candidates.slice(0, 100).map(({ id, name }) => ({ id, name })) },
  );
}
