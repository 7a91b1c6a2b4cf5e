import { isDeepStrictEqual } from 'node:util';
import type { Audit, Principal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { Conflict, type ReferenceTo } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { nameKey, parseName } from '../../core/names.ts';
import type { Registries } from '../../registries/index.ts';
import type { Trx } from '../../store/index.ts';
import { type CircleCandidate, circleThrough, circleWords } from './circles.ts';
import type { LinkStore } from './link-store.ts';
import { planRelevant, type RecentPlans } from './recent-plans.ts';
import { requireSyncRights, resolveSpec } from './rule-rights.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { SyncRuleInput, SyncRulePatch } from './rule-types.ts';
import { nextRun } from './schedule.ts';
import type { SeenStore } from './seen-store.ts';
import type { SyncSchedule, SyncSpec } from './types.ts';

export interface RuleEditingDeps {
  rows: RuleStore;
  seen: SeenStore;
  links: LinkStore;
  registries: Pick<Registries, 'get'>;
  audit: Audit;
  plans: RecentPlans;
  clock: Clock;
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
    const visible = await rows.visibleIds(principal);
    const at = clock.now();
    const id = newId('syn', at);
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      await this.#refuseLoop(trx, { id, name, spec }, visible);
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
    const visible = await rows.visibleIds(principal);
    for (let attempt = 0; ; attempt++) {
      const before = await rows.byId(id);
      if (!before) throw gone();
      if (expectedVersion !== undefined && before.version !== expectedVersion) throw outdated(before);
      await this.requireRights(principal, before.spec);
      if (await this.#write(principal, before, { ...patch, ...(spec && { spec }) }, visible)) return;
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
    const found = await rows.byId(id);
    if (!found) throw gone();
    // Who may not delete images may still end a rule that would.
    await this.requireRights(principal, { ...found.spec, mode: 'one-way' });
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      const rule = await rows.byId(id, trx);
      if (!rule) throw gone();
      if (rule.version !== (expectedVersion ?? found.version)) throw outdated(rule);
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
  async #write(principal: Principal, before: StoredRule, patch: SyncRulePatch, visible: ReadonlySet<string>): Promise<boolean> {
    const { rows, seen, audit, plans, clock } = this.#deps;
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
      if (begins || patch.spec) await this.#refuseLoop(trx, { id: before.id, name, spec }, visible);
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
      if (doesOther || begins) await seen.doubt(before.id, trx);
      if (!(await rows.update(trx, before.id, before.version, columns, { name: principal.name, at }))) return false;
      const target = { kind: 'sync-rule', id: before.id, name };
      await audit.record(
        { principal, action: 'sync-rule.update', target, before: auditFields(before), after: { name, enabled, spec } },
        trx,
      );
      return true;
    });
  }

  /** Rules that run by themselves must not feed each other, whichever of them was there first. */
  async #refuseLoop(trx: Trx, candidate: CircleCandidate, visible: ReadonlySet<string>): Promise<void> {
    const loop = await circleThrough(this.#deps, candidate, trx);
    if (!loop) return;
    const mayName = ({ id }: { id: string }) => id === candidate.id || visible.has(id);
    const message =
      loop.length === 1
        ? `“${candidate.name}” would copy in a circle: what it writes is what it reads.`
        : `Sync rules would copy in a circle: ${circleWords(loop, mayName)}.`;
    const others = loop.filter((rule) => rule.id !== candidate.id && mayName(rule));
    const references = others.map(({ id, name }) => ({ kind: 'sync-rule', id, name }));
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
