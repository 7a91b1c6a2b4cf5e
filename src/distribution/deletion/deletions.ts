import type { Audit, Principal } from '../../access/index.ts';
import { InUse, type ReferenceTo } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import { type Registries, type Registry, requireFor, requireWithin } from '../../registries/index.ts';
import { carryOut } from './carry-out.ts';
import { movedOutcomes, planDeletion, plannedReport } from './plan.ts';
import type { DeletionOptions, DeletionOutcome, DeletionPlace, DeletionReport, PlannedDeletion, UseSource } from './types.ts';
import { inUseHelp, namesOf } from './uses.ts';

export interface DeletionsDeps {
  registries: Pick<Registries, 'get' | 'open'>;
  audit: Pick<Audit, 'record'>;
  events: Pick<HubEvents, 'emit'>;
  /** Told before the answer is given, so that what is listed next is read anew. */
  onDeleted?: (registryId: string, repository: string) => Promise<void>;
}

const purpose = 'delete images';

/** Deletes tags and manifests, unless something needs them. */
export class Deletions {
  readonly #deps: DeletionsDeps;
  readonly #sources: UseSource[] = [];

  constructor(deps: DeletionsDeps) {
    this.#deps = deps;
  }

  /** Has what the function names stand against deletions: rules that bring a tag, environments that run it. */
  addUseSource(source: UseSource): void {
    this.#sources.push(source);
  }

  /**
   * Deletes tags (by tag) and manifests with all of their tags (by digest). A tag takes its manifest along when nothing else needs it.
   * Each manifest has its outcome; what fails does not stop the others.
   *
   * @param references Tags and digests, of one repository.
   * @throws InUse when anything of it is needed elsewhere and `force` is not set: nothing was deleted then. InvalidReference;
   *   UnsupportedError; NotFound and Forbidden; what the registry answered while it was found out
   */
  async delete(
    principal: Principal,
    idOrName: string,
    repositoryName: string,
    references: readonly string[],
    { force = false, dryRun = false, seen, signal }: DeletionOptions = {},
  ): Promise<DeletionReport> {
    const registry = await this.#deps.registries.get(principal, idOrName);
    requireFor(principal, 'image:delete', registry);
    requireWithin(registry, repositoryName);
    const open = await this.#deps.registries.open(principal, registry.id, purpose);
    const repository = open.client.repository(repositoryName);
    const place = { registryId: registry.id, registry: registry.name, repository: repositoryName };
    const vendor = await open.vendorDeletion(repositoryName, signal);
    const call = { ...(signal && { signal }), ...(vendor && { vendor }) };
    const plan = await planDeletion(repository, references, () => tagsOnly(open.listTags(repositoryName, signal)), {
      ...call,
      ...(seen && { seen }),
    });
    const items = await Promise.all(plan.items.map(async (item) => ({ ...item, usedBy: await this.#usesOf(principal, place, item) })));
    if (dryRun) return plannedReport({ ...plan, items });
    if (!force) refuseUsed(registry, place, items);
    const outcomes: DeletionOutcome[] = [];
    try {
      for (const item of items) {
        const outcome = await carryOut(repository, item, call);
        outcomes.push(outcome);
        await this.#record(principal, registry, place, outcome, force);
      }
    } finally {
      if (outcomes.some(({ outcome }) => outcome !== 'failed')) {
        await this.#deps.onDeleted?.(registry.id, repositoryName);
        this.#deps.events.emit('repository.written', { id: registry.id, repository: repositoryName });
      }
    }
    return { ...plannedReport(plan), items: [...outcomes, ...movedOutcomes(plan.moved)] };
  }

  async #usesOf(principal: Principal, place: DeletionPlace, item: PlannedDeletion): Promise<readonly ReferenceTo[]> {
    const what = { tags: item.tags, ...(item.manifest && { digest: item.digest }) };
    const found = await Promise.all(this.#sources.map((source) => source(place, what, principal)));
    return [...item.usedBy, ...found.flat()];
  }

  /** Not in one transaction with the change, which is at the registry: what could not be recorded has still been deleted. */
  async #record(principal: Principal, registry: Registry, place: DeletionPlace, item: DeletionOutcome, force: boolean): Promise<void> {
    if (item.outcome === 'moved') return;
    const what = item.manifest ? `${item.digest} with ${tagsText(item.tags)}` : `${tagsText(item.tags)} of ${item.digest}`;
    const against = item.usedBy.length > 0 ? ` Used by ${namesOf(item.usedBy)}.` : '';
    await this.#deps.audit.record({
      principal,
      action: 'image.delete',
      target: { kind: 'registry', id: registry.id, name: registry.name },
      before: { repository: place.repository, digest: item.digest, tags: item.tags, manifest: item.manifest },
      ...(item.failure && { outcome: item.failure.code }),
      detail: `${item.failure ? 'Could not delete' : 'Deleted'} ${what} from ${place.repository}${force && against ? ', by force' : ''}.${against}`,
    });
  }
}

/** @throws InUse */
function refuseUsed(registry: Registry, { repository }: DeletionPlace, items: readonly PlannedDeletion[]): void {
  const used = items.find(({ usedBy }) => usedBy.length > 0);
  if (!used) return;
  throw new InUse(
    `Nothing was deleted: ${repository}${used.references[0]?.includes(':') ? '@' : ':'}${used.references[0]} of “${registry.name}” is used by ${namesOf(used.usedBy)}.`,
    items.flatMap(({ usedBy }) => usedBy),
    inUseHelp,
  );
}

function tagsText(tags: readonly string[]): string {
  if (tags.length === 0) return 'no tag';
  return `${tags.length === 1 ? 'tag' : 'tags'} ${tags.slice(0, 20).join(', ')}${tags.length > 20 ? ` and ${tags.length - 20} more` : ''}`;
}

async function* tagsOnly<T>(pages: AsyncIterable<{ items: readonly T[] }>): AsyncGenerator<readonly T[]> {
  for await (const { items } of pages) yield items;
}
