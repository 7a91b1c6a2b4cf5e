import { isDeepStrictEqual } from 'node:util';
import { type Audit, type Principal, systemPrincipal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { Conflict, type ReferenceTo } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { nameKey, parseName } from '../../core/names.ts';
import type { Registries, Registry } from '../../registries/index.ts';
import type { Trx } from '../../store/index.ts';
import { findLoop, type LoopRule } from './loops.ts';
import { planRelevant, type RecentPlans } from './recent-plans.ts';
import { requireSyncRights, resolveSpec } from './rule-rights.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { SyncRuleInput, SyncRulePatch } from './rule-types.ts';
import { nextRun } from './schedule.ts';
import type { SyncSchedule, SyncSpec } from './types.ts';

export interface RuleEditingDeps {
  rows: RuleStore;
  registries: Pick<Registries, 'get' | 'list'>;
  audit: Audit;
  plans: RecentPlans;
  clock: Clock;
}

/** What a loop is found by, read before the transaction. */
interface Surroundings {
  registries: ReadonlyMap<string, Registry>;
  /** Ids of rules that the one who edits may see. */
  visible: ReadonlySet<string>;
}

const attempts = 5;

/** Writes rules. */
export class RuleEditing {
  readonly #deps: RuleEditingDeps;

  constructor(deps: RuleEditingDeps) {
    this.#deps = deps;
  }

  /** @returns the id */
  async create(principal: Principal, input: SyncRuleInput, detail?: string): Promise<string> {
    const { rows, audit, plans, clock } = this.#deps;
    const name = parseName(input.name);
    const { spec } = await this.resolve(principal, input.spec);
    const enabled = input.enabled ?? false;
    const planned = plans.has(principal, spec);
    const around = await this.#surroundings(principal);
    const at = clock.now();
    const id = newId('syn', at);
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      await this.#refuseLoop(trx, { id, name, spec }, around);
      if (enabled && !planned && !input.unseen) throw planNeeded(name);
      const nextRunAt = enabled ? firstRun(spec, at) : undefined;
      const columns = { name, nameKey: nameKey(name), enabled, spec, plannedVersion: planned ? 1 : 0, nextRunAt: nextRunAt ?? null };
      const by = { ...(principal.userId !== undefined && { id: principal.userId }), name: principal.name, at };
      if (!(await rows.insert(trx, id, columns, by))) throw nameTaken(name);
      const target = { kind: 'sync-rule', id, name };
      await audit.record(
        { principal, action: 'sync-rule.create', target, after: { name, enabled, spec }, ...(detail !== undefined && { detail }) },
        trx,
      );
    });
    return id;
  }

  /**
   * Changes what the patch names. With `expectedVersion`, only if nobody changed the rule since; without, the change is made upon whatever
   * is there.
   */
  async update(principal: Principal, id: string, patch: SyncRulePatch, expectedVersion?: number): Promise<void> {
    const { rows } = this.#deps;
    const spec = patch.spec && (await this.resolve(principal, patch.spec)).spec;
    const around = await this.#surroundings(principal);
    for (let attempt = 0; ; attempt++) {
      const before = await rows.byId(id);
      if (!before) throw gone();
      if (expectedVersion !== undefined && before.version !== expectedVersion) throw outdated(before);
      await this.requireRights(principal, before.spec);
      if (await this.#write(principal, before, { ...patch, ...(spec && { spec }) }, around)) return;
      if (attempt >= attempts - 1) throw outdated(before);
      if (expectedVersion !== undefined) throw outdated((await rows.byId(id)) ?? before);
    }
  }

  async remove(
    principal: Principal,
    id: string,
    underWay: (trx: Trx) => Promise<ReferenceTo | undefined>,
    expectedVersion?: number,
  ): Promise<void> {
    const { rows, audit } = this.#deps;
    const seen = await rows.byId(id);
    if (!seen) throw gone();
    // Who may not delete images may still end a rule that would.
    await this.requireRights(principal, { ...seen.spec, mode: 'one-way' });
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      const rule = await rows.byId(id, trx);
      if (!rule) throw gone();
      if (rule.version !== (expectedVersion ?? seen.version)) throw outdated(rule);
      const run = await underWay(trx);
      if (run)
        throw new Conflict(`A run of “${rule.name}” is under way (${run.id}). Cancel it before removing the rule.`, 'sync_running', {}, [
          run,
        ]);
      await rows.delete(trx, id, rule.version);
      const target = { kind: 'sync-rule', id, name: rule.name };
      await audit.record({ principal, action: 'sync-rule.remove', target, before: auditFields(rule) }, trx);
    });
  }

  /** Checks a spec, and finds its registries. */
  resolve(principal: Principal, spec: SyncSpec) {
    return resolveSpec(this.#deps.registries, principal, spec);
  }

  /** @throws Forbidden; NotFound where a registry of it is out of sight meanwhile */
  async requireRights(principal: Principal, spec: SyncSpec): Promise<void> {
    const { registries } = this.#deps;
    const [source, destination] = [
      await registries.get(principal, spec.source.registry),
      await registries.get(principal, spec.destination.registry),
    ];
    requireSyncRights(principal, spec, source, destination);
  }

  /** False when somebody else was faster. */
  async #write(principal: Principal, before: StoredRule, patch: SyncRulePatch, around: Surroundings): Promise<boolean> {
    const { rows, audit, plans, clock } = this.#deps;
    const name = patch.name === undefined ? before.name : parseName(patch.name);
    const spec = patch.spec ?? before.spec;
    const enabled = patch.enabled ?? before.enabled;
    const doesOther = planRelevant(spec) !== planRelevant(before.spec);
    const planned = doesOther ? plans.has(principal, spec) : before.planned || plans.has(principal, spec);
    const at = clock.now();
    return rows.transaction(async (trx) => {
      await rows.lock(trx);
      if (await rows.nameTaken(trx, nameKey(name), before.id)) throw nameTaken(name);
      const begins = enabled && !before.enabled;
      if (begins || patch.spec) await this.#refuseLoop(trx, { id: before.id, name, spec }, around);
      if ((begins || (enabled && doesOther)) && !planned && !patch.unseen) throw planNeeded(name, !begins);
      const columns = {
        name,
        nameKey: nameKey(name),
        enabled,
        spec,
        plannedVersion: planned ? before.version + 1 : 0,
        ...nextRunChange(before, spec, enabled, at),
      };
      // What was seen of the source was brought to another place, or in another way; and who enables a rule wants it to run.
      if (doesOther || begins) await rows.saveSeen(trx, before.id, []);
      if (!(await rows.update(trx, before.id, before.version, columns, { name: principal.name, at }))) return false;
      const target = { kind: 'sync-rule', id: before.id, name };
      await audit.record(
        { principal, action: 'sync-rule.update', target, before: auditFields(before), after: { name, enabled, spec } },
        trx,
      );
      return true;
    });
  }

  async #surroundings(principal: Principal): Promise<Surroundings> {
    const { rows, registries } = this.#deps;
    const all = await registries.list(systemPrincipal);
    return {
      registries: new Map(all.map((registry) => [registry.id, registry])),
      visible: new Set((await rows.list(principal)).map(({ id }) => id)),
    };
  }

  /** Rules that run by themselves must not feed each other, whichever of them was there first. */
  async #refuseLoop(
    trx: Trx,
    candidate: { id: string; name: string; spec: SyncSpec },
    { registries, visible }: Surroundings,
  ): Promise<void> {
    const others = (await this.#deps.rows.enabled(trx)).filter(({ id }) => id !== candidate.id);
    const loop = findLoop(
      [...others, candidate].map((rule) => loopRule(rule, registries)),
      { through: candidate.id },
    );
    if (!loop) return;
    const mayName = (id: string) => id === candidate.id || visible.has(id);
    const names = [...loop, ...loop.slice(0, 1)].map(({ id, name }) => (mayName(id) ? `“${name}”` : 'another rule'));
    const message =
      loop.length === 1
        ? `“${candidate.name}” would copy in a circle: what it writes is what it reads.`
        : `Sync rules would copy in a circle: ${names.join(' → ')}.`;
    const references = loop.filter(({ id }) => id !== candidate.id && mayName(id)).map(({ id, name }) => ({ kind: 'sync-rule', id, name }));
    throw new Conflict(message, 'sync_loop', {}, references);
  }
}

/** What is looked at every so often begins at once; what has its hours waits for them. */
function firstRun({ schedule }: SyncSpec, now: number): number | undefined {
  if (!schedule) return undefined;
  return schedule.cron === undefined && nextRun(schedule, now) !== undefined ? now : nextRun(schedule, now);
}

/** Of an edit: undefined where the time stays as it is. */
function nextRunChange(before: StoredRule, spec: SyncSpec, enabled: boolean, now: number): { nextRunAt?: number | null } {
  if (!enabled) return { nextRunAt: null };
  if (!before.enabled) return { nextRunAt: firstRun(spec, now) ?? null };
  if (isDeepStrictEqual(scheduleOf(before.spec), scheduleOf(spec))) return {};
  return { nextRunAt: (spec.schedule && nextRun(spec.schedule, now)) ?? null };
}

const scheduleOf = ({ schedule = {} }: SyncSpec): SyncSchedule => ({ ...schedule });

function auditFields({ name, enabled, spec }: Pick<StoredRule, 'name' | 'enabled' | 'spec'>) {
  return { name, enabled, spec };
}

export function planNeeded(name: string, isEdit = false): Conflict {
  return new Conflict(
    isEdit
      ? `“${name}” runs by itself, and this changes what it does. Make a plan with these settings first and look at it, or save it unseen.`
      : `No plan of “${name}” as it is now has been made. Make one and look at it before it runs, or say that it may run unseen.`,
    'sync_plan_needed',
  );
}

function outdated(rule: StoredRule): Conflict {
  return new Conflict(
    `“${rule.name}” was changed by ${rule.updatedBy} at ${new Date(rule.updatedAt).toISOString()}. Load it again and repeat your change.`,
    'precondition_failed',
    { version: rule.version },
  );
}

function gone(): Conflict {
  return new Conflict('The rule was removed by somebody else meanwhile.');
}

function nameTaken(name: string): Conflict {
  const message = `There is already a sync rule called “${name}”. Choose another name.`;
  return new Conflict(message, 'already_exists', { fields: [{ field: 'name', message }] });
}

function loopRule({ id, name, spec }: Pick<StoredRule, 'id' | 'name' | 'spec'>, registries: ReadonlyMap<string, Registry>): LoopRule {
  const end = (key: string) => ({ id: key, host: registries.get(key)?.host ?? key });
  return { id, name, spec, source: end(spec.source.registry), destination: end(spec.destination.registry) };
}
