import type { Clock } from '../../core/clock.ts';
import { TagboatError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { changedTags } from './changes.ts';
import type { HubWorlds } from './hub-world.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { SyncRunCause } from './rule-types.ts';
import type { SeenBefore } from './run-job.ts';
import type { RunStore } from './run-store.ts';
import { nextRun } from './schedule.ts';
import type { SeenStore } from './seen-store.ts';

export interface LooksDeps {
  rows: RuleStore;
  seen: SeenStore;
  runs: RunStore;
  worlds: HubWorlds;
  clock: Clock;
}

/** Longest pause of a rule whose runs fail and which has a shorter one otherwise, in milliseconds. */
const longestPause = 60 * 60_000;

/** Takes up rules whose time has come: makes a run of those with a schedule, and looks at the source of those that run on changes. */
export class Looks {
  readonly #deps: LooksDeps;

  constructor(deps: LooksDeps) {
    this.#deps = deps;
  }

  /**
   * A time that passed while no hub ran, or while another run was under way, is made up for once.
   *
   * @returns the run that was made; undefined when there is none, because nothing changed or another hub was faster
   */
  async take(rule: StoredRule, signal: AbortSignal): Promise<{ id: string; seen?: SeenBefore } | undefined> {
    const { rows, runs, clock } = this.#deps;
    const { schedule } = rule.spec;
    const failures = await runs.failuresInARow(rule.id, { inVain: !schedule?.onChange });
    if (!schedule?.onChange) return this.#makeRun(rule, 'schedule', schedule && nextTime(rule, clock.now(), failures));
    if (!(await rows.takeDue(rule, nextTime(rule, clock.now(), failures)))) return undefined;
    const tags = await this.#changed(rule, signal);
    if (tags === 'unchanged') return undefined;
    const made = await this.#makeRun(rule, 'change');
    return made && { ...made, ...(tags && { seen: { ruleVersion: rule.version, tags } }) };
  }

  /** Undefined when that could not be found out: then a run is made, which says why in its history. */
  async #changed(rule: StoredRule, signal: AbortSignal): Promise<SeenBefore['tags'] | 'unchanged' | undefined> {
    const { worlds } = this.#deps;
    try {
      const world = await worlds.open(rule.spec, { principal: 'system', rule });
      const before = await this.#deps.seen.read(rule.id);
      const { changed, isWhole, seen } = await changedTags(rule.spec, world, before ?? [], { signal });
      if (changed || !before) return seen;
      return isWhole ? 'unchanged' : undefined;
    } catch (error) {
      if (signal.aborted || !(error instanceof TagboatError)) throw error;
      return undefined;
    }
  }

  /** @param next with it, the rule is moved on to that time in the same transaction; absent: it has been */
  async #makeRun(rule: StoredRule, cause: SyncRunCause, ...next: [number | undefined] | []): Promise<{ id: string } | undefined> {
    const { rows, runs, clock } = this.#deps;
    const createdAt = clock.now();
    const run = {
      id: newId('run', createdAt),
      ruleId: rule.id,
      ruleVersion: rule.version,
      kind: 'run' as const,
      cause,
      by: { kind: 'system' as const, name: 'Tagboat' },
      createdAt,
    };
    return rows.transaction(async (trx) => {
      const current = await rows.byId(rule.id, trx);
      if (!current?.enabled || current.version !== rule.version) return undefined;
      // Under way since the rule was found to be due: its time stays, and is made up for afterwards.
      if (!(await runs.insert(trx, run))) return undefined;
      if (next.length > 0 && !(await rows.takeDue(rule, next[0], trx))) {
        await runs.withdraw(trx, run.id);
        return undefined;
      }
      return { id: run.id };
    });
  }
}

/** A rule whose last runs failed runs, or looks at its source, less often; one that has its hours by cron keeps to them. */
function nextTime({ spec: { schedule = {} } }: StoredRule, now: number, failures: number): number | undefined {
  const next = nextRun(schedule, now);
  if (next === undefined || failures === 0 || schedule.cron !== undefined) return next;
  const pause = next - now;
  return now + Math.max(pause, Math.min(pause * 2 ** failures, longestPause));
}
