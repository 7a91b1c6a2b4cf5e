import { type Audit, type Principal, requirePermission } from '../../access/index.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import { nameKey } from '../../core/names.ts';
import type { Queue } from '../../queue/index.ts';
import type { Registries } from '../../registries/index.ts';
import type { UseSource } from '../deletion/index.ts';
import type { HubWorlds } from './hub-world.ts';
import type { LinkStore } from './link-store.ts';
import { PlanSlots } from './plan-slots.ts';
import { RecentPlans } from './recent-plans.ts';
import { planNeeded, RuleEditing } from './rule-editing.ts';
import { importRules } from './rule-import.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type {
  SyncImportRequest,
  SyncImportResult,
  SyncRule,
  SyncRuleFilter,
  SyncRuleInput,
  SyncRulePage,
  SyncRulePatch,
  SyncRun,
  SyncRunKind,
  SyncRunPage,
} from './rule-types.ts';
import { usesOf } from './rule-uses.ts';
import { planSync } from './run.ts';
import type { LastRuns, RunStore } from './run-store.ts';
import { type SyncRunner, syncTopic } from './runner.ts';
import type { SeenStore } from './seen-store.ts';
import type { SyncReport, SyncSpec } from './types.ts';

export interface SyncRulesDeps {
  rows: RuleStore;
  seen: SeenStore;
  links: LinkStore;
  runs: RunStore;
  worlds: HubWorlds;
  registries: Registries;
  audit: Audit;
  events: HubEvents;
  queue: Queue;
  /** Of this hub: it is told of a cancellation at once. */
  runner?: Pick<SyncRunner, 'cancel'>;
  clock?: Clock;
  /** Told of errors of the hub itself. */
  onFailure?: (error: unknown) => void;
}

/** Longest time that a plan of what is not saved may take, in milliseconds. */
const longestPlan = 15 * 60_000;

/**
 * Rules that keep repositories in step, their plans and runs. A rule exists for whoever sees both of its registries. Who keeps one may
 * pull from its source and write to its destination; once it is enabled it runs on the hub's own account, whatever becomes of its maker.
 */
export class SyncRules {
  readonly #deps: SyncRulesDeps;
  readonly #clock: Clock;
  readonly #plans: RecentPlans;
  readonly #slots = new PlanSlots();
  readonly #editing: RuleEditing;

  constructor(deps: SyncRulesDeps) {
    const { rows, seen, links, registries, audit, clock = systemClock } = deps;
    this.#deps = deps;
    this.#clock = clock;
    this.#plans = new RecentPlans(clock);
    this.#editing = new RuleEditing({ rows, seen, links, registries, audit, plans: this.#plans, clock });
    registries.addReferenceSource((registryId, queries, principal) => rows.referencesTo(registryId, queries, principal));
  }

  /** By name, page by page. Throws `invalid_cursor`. */
  async page(principal: Principal, query: SyncRuleFilter & { cursor?: string; limit?: number } = {}): Promise<SyncRulePage> {
    requirePermission(principal, 'sync:read');
    const { registry, limit = 100, ...rest } = query;
    const registryId = registry === undefined ? undefined : await this.#registryId(principal, registry);
    if (registry !== undefined && registryId === undefined) return { items: [], total: 0 };
    const { rows, runs } = this.#deps;
    const asked = { ...rest, limit: Math.min(Math.max(limit, 1), 1000), ...(registryId !== undefined && { registryId }) };
    const { items, ...page } = await rows.page(principal, asked);
    const last = await runs.last(items.map(({ id }) => id));
    return { ...page, items: items.map((rule) => shown(rule, last.get(rule.id))) };
  }

  /** All of them, by name. */
  async list(principal: Principal, filter: SyncRuleFilter = {}): Promise<SyncRule[]> {
    const all: SyncRule[] = [];
    let cursor: string | undefined;
    do {
      const { items, next } = await this.page(principal, { ...filter, limit: 1000, ...(cursor !== undefined && { cursor }) });
      all.push(...items);
      cursor = next;
    } while (cursor !== undefined);
    return all;
  }

  async get(principal: Principal, idOrName: string): Promise<SyncRule> {
    const rule = await this.#find(principal, idOrName);
    return shown(rule, (await this.#deps.runs.last([rule.id])).get(rule.id));
  }

  /**
   * @param detail a sentence for the audit log: where it comes from
   * @throws InvalidSettings with every field at fault; Forbidden; Conflict `already_exists`, `sync_loop`, `sync_plan_needed`
   */
  async create(principal: Principal, input: SyncRuleInput, detail?: string): Promise<SyncRule> {
    const id = await this.#editing.create(principal, input, detail);
    return this.#changed(principal, id);
  }

  /** Throws Conflict `precondition_failed` when somebody changed it since `expectedVersion`; else as `create`. */
  async update(principal: Principal, idOrName: string, patch: SyncRulePatch, expectedVersion?: number): Promise<SyncRule> {
    const { id } = await this.#find(principal, idOrName);
    await this.#editing.update(principal, id, patch, expectedVersion);
    return this.#changed(principal, id);
  }

  /** Conflict `sync_running` while a plan or run is under way. Its history goes along; nothing changes at the registries. */
  async remove(principal: Principal, idOrName: string, expectedVersion?: number): Promise<void> {
    const rule = await this.#find(principal, idOrName);
    const underWay = async (trx: Parameters<RunStore['open']>[1]) => {
      const run = await this.#deps.runs.open(rule.id, trx);
      return run && referenceTo(run);
    };
    await this.#editing.remove(principal, rule.id, underWay, expectedVersion);
    this.#deps.events.emit('sync.changed', { id: rule.destination.id, rule: rule.id, removed: true });
  }

  /**
   * What settings that are not saved would do. Who saves them within an hour has seen their plan.
   *
   * @throws TooManyRequests `sync_plans_limited`; as `create`
   */
  async plan(principal: Principal, spec: SyncSpec, signal?: AbortSignal): Promise<SyncReport> {
    const { worlds } = this.#deps;
    const resolved = await this.#editing.resolve(principal, spec);
    using _slot = this.#slots.take(principal);
    const world = await worlds.open(resolved.spec, { principal });
    const inTime = AbortSignal.any([AbortSignal.timeout(longestPlan), ...(signal ? [signal] : [])]);
    const report = await planSync(resolved.spec, world, { signal: inTime });
    this.#plans.remember(principal, resolved.spec);
    return report;
  }

  /**
   * Has a rule planned or run now, in the background.
   *
   * @param options `unseen`: run it although no plan of it was made
   * @throws Conflict `sync_running` with the one under way; `sync_plan_needed`
   */
  async run(principal: Principal, idOrName: string, kind: SyncRunKind, options: { unseen?: boolean } = {}): Promise<SyncRun> {
    const { rows, runs, audit, queue } = this.#deps;
    const { id: ruleId } = await this.#find(principal, idOrName);
    const createdAt = this.#clock.now();
    const id = newId('run', createdAt);
    const rule = await rows.byId(ruleId);
    if (!rule) throw notFound(idOrName);
    await this.#editing.requireRights(principal, rule.spec);
    if (kind === 'run' && !rule.planned && !rule.enabled && !options.unseen) throw planNeeded(rule.name);
    await rows.transaction(async (trx) => {
      // What it is when it begins is what runs; that the caller may have this done was seen of this version.
      const current = await rows.byId(ruleId, trx);
      if (!current) throw notFound(idOrName);
      if (current.version !== rule.version)
        throw new Conflict(`“${current.name}” was changed by ${current.updatedBy} just now. Look at it again.`);
      const by = { kind: principal.kind, id: principal.id, name: principal.name };
      const made = await runs.insert(trx, { id, ruleId, ruleVersion: rule.version, kind, cause: 'person', by, createdAt });
      if (!made) throw underWay(rule, await runs.open(ruleId, trx));
      const target = { kind: 'sync-rule', id: ruleId, name: rule.name };
      await audit.record({ principal, action: kind === 'plan' ? 'sync-rule.plan' : 'sync-rule.run', target, detail: id }, trx);
    });
    this.#deps.events.emit('sync.changed', { id: rule.destination.id, rule: ruleId, run: id });
    await queue.publish(syncTopic);
    return this.getRun(principal, id);
  }

  /** Newest first, without their items. */
  async runs(
    principal: Principal,
    idOrName: string,
    query: { kind?: SyncRunKind; cursor?: string; limit?: number } = {},
  ): Promise<SyncRunPage> {
    const { id } = await this.#find(principal, idOrName);
    return this.#deps.runs.page(id, { ...query, limit: Math.min(Math.max(query.limit ?? 100, 1), 1000) });
  }

  /** With its items. */
  async getRun(principal: Principal, id: string): Promise<SyncRun> {
    return (await this.#findRun(principal, id)).run;
  }

  /** Stops a plan or run: at once when it waits, a moment later when it is under way. Nothing happens to one that has ended. */
  async cancel(principal: Principal, id: string): Promise<SyncRun> {
    const { runs, audit, events, runner } = this.#deps;
    const { rule } = await this.#findRun(principal, id);
    await this.#editing.requireRights(principal, { ...rule.spec, mode: 'one-way' });
    const done = await runs.transaction(async (trx) => {
      const done = await runs.requestCancel(trx, id, this.#clock.now());
      const target = { kind: 'sync-rule', id: rule.id, name: rule.name };
      if (done) await audit.record({ principal, action: 'sync-rule.cancel', target, detail: id }, trx);
      return done;
    });
    if (done) {
      runner?.cancel(id);
      events.emit('sync.changed', { id: rule.destination.id, rule: rule.id, run: id });
    }
    return this.getRun(principal, id);
  }

  /** Makes rules, not enabled, of documents. One that cannot be made does not stop the others. InvalidSettings where a document cannot be read. */
  import(principal: Principal, request: SyncImportRequest): Promise<SyncImportResult> {
    return importRules(
      {
        registries: this.#deps.registries,
        check: async (spec) => (await this.#editing.resolve(principal, spec)).spec,
        create: (input, detail) => this.create(principal, input, detail),
        ...(this.#deps.onFailure && { onFailure: this.#deps.onFailure }),
      },
      principal,
      request,
    );
  }

  /** What rules need of a repository: deletions by hand spare it. */
  readonly usesOf: UseSource = async (place, { tags }, principal) => {
    const { rows } = this.#deps;
    return rows.nameVisible(usesOf(await rows.enabled(), place, tags), principal);
  };

  async #changed(principal: Principal, id: string): Promise<SyncRule> {
    const rule = await this.get(principal, id);
    this.#deps.events.emit('sync.changed', { id: rule.destination.id, rule: id });
    await this.#deps.queue.publish(syncTopic);
    return rule;
  }

  async #find(principal: Principal, idOrName: string): Promise<StoredRule> {
    requirePermission(principal, 'sync:read');
    const rule = await this.#deps.rows.find(principal, idOrName, nameKey(idOrName));
    if (!rule) throw notFound(idOrName);
    return rule;
  }

  async #findRun(principal: Principal, id: string): Promise<{ run: SyncRun; rule: StoredRule }> {
    requirePermission(principal, 'sync:read');
    const found = await this.#deps.runs.find(id);
    const rule = found && (await this.#deps.rows.find(principal, found.ruleId, ''));
    if (!found || !rule) throw new NotFound(`There is no run “${id.slice(0, 64)}” of a sync rule.`, { run: id.slice(0, 64) });
    return { run: found.run, rule };
  }

  async #registryId(principal: Principal, idOrName: string): Promise<string | undefined> {
    try {
      return (await this.#deps.registries.get(principal, idOrName)).id;
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }
}

function shown({ plannedVersion: _plannedVersion, ...rule }: StoredRule, last: LastRuns | undefined): SyncRule {
  return { ...rule, ...last };
}

const referenceTo = (run: SyncRun) => ({ kind: 'sync-run', id: run.id, name: `${run.kind} of “${run.rule.name}”` });

function underWay(rule: StoredRule, run: SyncRun | undefined): Conflict {
  if (!run) return new Conflict(`A plan or run of “${rule.name}” ended just now. Try again.`, 'sync_running');
  const since = new Date(run.startedAt ?? run.createdAt).toISOString();
  const by = run.cause === 'person' ? `, asked for by ${run.by.name}` : '';
  return new Conflict(`A ${run.kind} of “${rule.name}” is under way since ${since}${by} (${run.id}).`, 'sync_running', { run: run.id }, [
    referenceTo(run),
  ]);
}

function notFound(idOrName: string): NotFound {
  return new NotFound(`There is no sync rule “${idOrName.slice(0, 64)}”.`, { rule: idOrName.slice(0, 64) });
}
