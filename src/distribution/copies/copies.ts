import { type Audit, type Principal, requirePermission } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { Conflict, InvalidSettings, NotFound } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Queue } from '../../queue/index.ts';
import { type Registries, requireFor, requirePullable } from '../../registries/index.ts';
import type { Trx } from '../../store/index.ts';
import type { Targets } from '../targets.ts';
import { follow } from './follow.ts';
import { planCopies } from './plan.ts';
import type { ProgressMeter } from './progress.ts';
import { type PlannedCopy, resolveRequest } from './request.ts';
import { type StoredCopy, toCopy } from './row.ts';
import type { CopyStore, NewCopy } from './store.ts';
import type { Copy, CopyPage, CopyPlan, CopyQuery, CopyRequest } from './types.ts';

export interface CopiesDeps {
  rows: CopyStore;
  registries: Registries;
  targets: Targets;
  audit: Audit;
  events: HubEvents;
  queue: Queue;
  clock: Clock;
  /** Copies that this process is making. */
  live: LiveCopies;
  /** Told of a wake-up that could not be sent: the copies are found all the same, a little later. */
  onFailure?: (error: unknown) => void;
}

/** Copies that this process is making: how far they are now, and how they are stopped. */
export type LiveCopies = Map<string, { meter: ProgressMeter; cancel: () => void }>;

/** Copies that may wait or run at the same time. */
const mostOpen = 10_000;
/** Wakes a runner, in whichever hub. */
export const copiesTopic = 'copies';

/** Copies that the hub makes: asking for them, following them, stopping them, trying them again. */
export class Copies {
  readonly #deps: CopiesDeps;
  readonly #renaming = new Set<Promise<void>>();
  readonly #stopListening: () => void;

  constructor(deps: CopiesDeps) {
    this.#deps = deps;
    deps.registries.addReferenceSource((registryId, queries) => deps.rows.referencing(registryId, queries));
    this.#stopListening = deps.events.on('registry.changed', ({ id }) => this.#rename(id));
  }

  /** What follows an edit of a registry is waited for before the store closes. */
  async close(): Promise<void> {
    this.#stopListening();
    await Promise.allSettled(this.#renaming);
  }

  /**
   * Starts copies of one image, one for each destination. All is checked before the first is written; they are made in the background.
   *
   * @throws InvalidSettings with the fields at fault; Forbidden; Conflict when too many wait; what the source answered, where a rule
   *   needs its digest
   */
  async start(principal: Principal, request: CopyRequest, signal?: AbortSignal): Promise<Copy[]> {
    const planned = await resolveRequest(this.#deps, principal, request, signal);
    const cause = request.cause ?? 'person';
    return this.#add(
      principal,
      planned.map((one) => ({ ...one, cause })),
    );
  }

  /**
   * What copies would do. Reads manifests of the source; writes nothing.
   *
   * @param options.namesOnly only where to, and under which tags: no registry is asked, unless a rule needs the digest of the source
   */
  async plan(
    principal: Principal,
    request: CopyRequest,
    { namesOnly = false, signal }: { namesOnly?: boolean; signal?: AbortSignal } = {},
  ): Promise<CopyPlan[]> {
    const planned = await resolveRequest(this.#deps, principal, request, signal);
    if (namesOnly) return planned.map(({ source, destination }) => ({ source, destination }));
    return planCopies(this.#deps, principal, planned, signal);
  }

  async list(principal: Principal, query: CopyQuery = {}): Promise<CopyPage> {
    requirePermission(principal, 'copy:read');
    const { items, ...same } = await this.#deps.rows.list(principal, query);
    return { ...same, items: items.map((stored) => this.#shown(stored)) };
  }

  /** How many have not ended: for operations. */
  counts(): Promise<{ queued: number; running: number }> {
    return this.#deps.rows.counts();
  }

  async get(principal: Principal, id: string): Promise<Copy> {
    return this.#shown(await this.#find(principal, id));
  }

  /**
   * The copy now, and again whenever it moved on, four times a second at most; its last is the one that has ended.
   *
   * @param callerNow asked each time, since a copy outlives demotions and sessions; what it throws ends it
   */
  follow(callerNow: () => Promise<Principal>, id: string, signal: AbortSignal): AsyncGenerator<Copy, void, undefined> {
    const { events, clock, live } = this.#deps;
    return follow({ read: async () => this.get(await callerNow(), id), isLive: () => live.has(id), events, clock }, id, signal);
  }

  /** Stops a copy: at once when it waits, a moment later when it runs. Nothing happens to one that has ended. */
  async cancel(principal: Principal, id: string): Promise<Copy> {
    const { rows, audit, clock, live } = this.#deps;
    const stored = await this.#find(principal, id);
    await this.#requireWrite(principal, stored);
    const outcome = await rows.transaction(async (trx) => {
      const outcome = await rows.cancel(trx, id, clock.now());
      if (outcome) await audit.record({ principal, action: 'copy.cancel', target: auditTarget(stored), detail: inWords(stored) }, trx);
      return outcome;
    });
    if (outcome === 'requested') live.get(id)?.cancel();
    if (outcome) this.#tell(await this.#find(principal, id));
    return this.get(principal, id);
  }

  /** Makes a copy again that failed or was canceled, as a new one. Conflict for others; InvalidSettings when a registry was removed. */
  async retry(principal: Principal, id: string): Promise<Copy> {
    const stored = await this.#find(principal, id);
    await this.#requireWrite(principal, stored);
    if (stored.state !== 'failed' && stored.state !== 'canceled') {
      throw new Conflict(`This copy is ${stored.state}: only one that failed or was canceled can be tried again.`, 'conflict', {
        state: stored.state,
      });
    }
    const { source, destination, settings } = stored;
    // Rights, and what the registries are limited to, may be others than when it was asked for.
    if (source.registryId !== undefined)
      requirePullable(principal, await this.#deps.registries.get(principal, source.registryId), source.repository);
    const [copy] = await this.#add(principal, [{ source, destination, settings, cause: 'retry', retryOf: id }]);
    if (!copy) throw new Error('No copy was added.');
    return copy;
  }

  async #add(principal: Principal, planned: readonly (PlannedCopy & Pick<NewCopy, 'cause' | 'retryOf'>)[]): Promise<Copy[]> {
    const { rows, queue, clock } = this.#deps;
    const createdAt = clock.now();
    const group = newId('cpg', createdAt);
    const by = { kind: principal.kind, id: principal.id, name: principal.name };
    const copies: NewCopy[] = planned.map((one) => ({ ...one, id: newId('cpy', createdAt), group, by, createdAt }));
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      await this.#requirePresent(trx, copies);
      if ((await rows.countOpen(trx)) + copies.length > mostOpen) {
        throw new Conflict(`${mostOpen} copies wait or run already. Try again when some of them are done, or cancel some.`);
      }
      await rows.insert(trx, copies);
      for (const copy of copies) {
        await this.#deps.audit.record(
          {
            principal,
            action: 'copy.start',
            target: auditTarget(copy),
            after: { source: placeOf(copy.source), destination: placeOf(copy.destination), tags: copy.destination.tags, cause: copy.cause },
            detail: inWords(copy),
          },
          trx,
        );
      }
    });
    const stored = await Promise.all(copies.map(({ id }) => this.#find(principal, id)));
    for (const copy of stored) this.#tell(copy);
    await queue.publish(copiesTopic).catch((error: unknown) => this.#deps.onFailure?.(error));
    return stored.map((copy) => this.#shown(copy));
  }

  /** Between the check and the transaction a registry may have been removed. */
  async #requirePresent(trx: Trx, copies: readonly NewCopy[]): Promise<void> {
    const ends = copies.flatMap(({ source, destination }) => [
      { field: 'source.registry', end: source },
      { field: 'destinations', end: destination },
    ]);
    const present = await this.#deps.rows.presentRegistries(
      trx,
      ends.flatMap(({ end }) => end.registryId ?? []),
    );
    const gone = ends.find(({ end }) => end.registryId === undefined || !present.has(end.registryId));
    if (!gone) return;
    const message = `The registry “${gone.end.registry}” was removed.`;
    throw new InvalidSettings(message, [{ field: gone.field, message }]);
  }

  async #find(principal: Principal, id: string): Promise<StoredCopy> {
    requirePermission(principal, 'copy:read');
    const stored = await this.#deps.rows.find(id, principal);
    if (!stored) throw new NotFound(`There is no copy “${id.slice(0, 64)}”.`, { copy: id.slice(0, 64) });
    return stored;
  }

  /** Who may write to the destination; where its registry is gone, who may write everywhere. */
  async #requireWrite(principal: Principal, { destination }: StoredCopy): Promise<void> {
    if (destination.registryId === undefined) requirePermission(principal, 'copy:write');
    else requireFor(principal, 'copy:write', await this.#deps.registries.get(principal, destination.registryId));
  }

  async #rename(registryId: string): Promise<void> {
    const renaming = this.#deps.rows.rename(registryId);
    this.#renaming.add(renaming);
    await renaming.finally(() => this.#renaming.delete(renaming));
  }

  #shown(stored: StoredCopy): Copy {
    const live = stored.state === 'running' ? this.#deps.live.get(stored.id) : undefined;
    if (!live) return toCopy(stored);
    const { earlier: _earlier, ...progress } = live.meter.snapshot();
    return { ...toCopy(stored), progress };
  }

  #tell({ id, state, destination, source }: StoredCopy): void {
    const registry = destination.registryId ?? source.registryId;
    if (registry !== undefined) this.#deps.events.emit('copy.changed', { id: registry, copy: id, state });
  }
}

type Ends = Pick<Copy, 'id' | 'source' | 'destination'>;

export function auditTarget({ id, destination }: Ends): { kind: string; id: string; name: string } {
  return { kind: 'copy', id, name: placeOf(destination) };
}

/** `“hub”/shop/api:1.0 to “prod”/shop/api:1.0`. */
export function inWords({ source, destination }: Ends): string {
  const { reference } = source;
  const tags = destination.tags.map((tag) => `:${tag}`).join(', ');
  return `${placeOf(source)}${reference.includes(':') ? '@' : ':'}${reference} to ${placeOf(destination)}${tags}`;
}

function placeOf({ registry, repository }: { registry: string; repository: string }): string {
  return `“${registry}” ${repository}`;
}
