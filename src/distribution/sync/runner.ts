import { newId } from '../../core/ids.ts';
import type { Queue } from '../../queue/index.ts';
import { Looks } from './looks.ts';
import { readRule } from './rule.ts';
import type { StoredRule } from './rule-store.ts';
import { RunJob, type RunJobDeps, type SeenBefore } from './run-job.ts';
import type { RunStore } from './run-store.ts';

export interface SyncRunnerDeps extends RunJobDeps {
  runs: RunStore;
  queue: Queue;
  /** Plans and runs at the same time. Default 2; 0: this hub makes none. */
  parallel?: number;
}

/** Longest sleep, in milliseconds: what other hubs on the same database were asked for, or left behind, is noticed after that. */
const longestSleep = 15_000;
/** Pause after this hub wrote to a source, so that ten tags pushed one after another make one run. Milliseconds. */
const settle = 2000;
const sweepEvery = 60 * 60_000;
/** Rules whose sources are looked at, or whose runs are made, at the same time. */
const parallelLooks = 4;
const mostRepeated = 3;
const mostSeen = 100;

/** A wake-up for runners, in whichever hub. */
export const syncTopic = 'sync.runs';

/**
 * Runs rules when their time has come, when their source changed, and when somebody asked for it. What is to be done stands in the
 * database: a restart forgets nothing, and of several hubs one does it.
 */
export class SyncRunner {
  readonly #deps: SyncRunnerDeps;
  readonly #id = newId('snr');
  readonly #looks: Looks;
  readonly #jobs = new Map<string, { job: RunJob; done: Promise<void> }>();
  /** Rules that are looked at. */
  readonly #looking = new Map<string, Promise<void>>();
  /** What was seen of the source before a run that waits. Lost with the process: then the source is looked at once more. */
  readonly #seen = new Map<string, SeenBefore>();
  /** What failed in the hub itself, and until when it is left alone. */
  readonly #held = new Map<string, number>();
  /** Runs that were begun again because a registry was edited, and how often. */
  readonly #repeated = new Map<string, number>();
  #stopping = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  #stopListening: (() => Promise<void>) | undefined;
  #sweptAt = 0;

  constructor(deps: SyncRunnerDeps) {
    this.#deps = deps;
    this.#looks = new Looks(deps);
  }

  start(): void {
    if (this.#loop || this.#deps.parallel === 0) return;
    this.#stopping = new AbortController();
    const unsubscribe = this.#deps.events.on('repository.written', ({ id, repository }) => this.#written(id, repository));
    const subscribed = this.#deps.queue.subscribe(syncTopic, async () => this.wake());
    subscribed.catch((error: unknown) => this.#deps.onFailure?.(error));
    this.#stopListening = async () => {
      unsubscribe();
      await (await subscribed.catch(() => undefined))?.();
    };
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Breaks off what is under way; it goes on after the next start, or at another hub. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The hub stops.'));
    this.#wake.abort();
    await this.#stopListening?.();
    await this.#loop;
    await Promise.all([...this.#looking.values(), ...[...this.#jobs.values()].map(({ done }) => done)]);
    this.#loop = undefined;
  }

  /** There is something to do. */
  wake(): void {
    this.#wake.abort();
  }

  /** Has a run that is under way here stop at once; elsewhere it notices within a moment. */
  cancel(runId: string): void {
    this.#jobs.get(runId)?.job.cancel();
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const attempt = <T>(work: () => Promise<T>) =>
      work().catch((error: unknown) => {
        if (!stopping.aborted) this.#deps.onFailure?.(error);
        return undefined;
      });
    await attempt(() => this.#deps.claims.releaseAll());
    while (!stopping.aborted) {
      this.#wake = new AbortController();
      const pause = await attempt(() => this.#startDue(stopping));
      await attempt(() => this.#sweep());
      await this.#sleep(pause ?? longestSleep, stopping);
    }
  }

  /** Starts what there is room for; answers how long there is nothing more to start. */
  async #startDue(stopping: AbortSignal): Promise<number> {
    const { rows, claims, clock, parallel = 2 } = this.#deps;
    const now = clock.now();
    for (const [id, until] of this.#held) if (until <= now) this.#held.delete(id);
    const free = parallelLooks - this.#looking.size;
    if (free > 0) {
      const due = await rows.due(now, free + this.#looking.size + this.#held.size);
      const rules = due.filter(({ id }) => !this.#looking.has(id) && !this.#held.has(id)).slice(0, free);
      for (const rule of rules) if (!stopping.aborted) this.#look(rule, stopping);
    }
    const room = parallel - this.#jobs.size;
    if (room > 0) {
      const waiting = await claims.claimable(room + this.#jobs.size + this.#held.size);
      const ids = waiting.filter((id) => !this.#jobs.has(id) && !this.#held.has(id)).slice(0, room);
      for (const id of ids) if (!stopping.aborted) this.#start(id, stopping);
    }
    if (this.#looking.size >= parallelLooks) return longestSleep;
    const next = await rows.nextDue();
    return next === undefined ? longestSleep : Math.min(Math.max(next - clock.now(), 250), longestSleep);
  }

  #look(rule: StoredRule, stopping: AbortSignal): void {
    const looking = this.#looks
      .take(rule, stopping)
      .then((made) => {
        if (made?.seen) this.#remember(made.id, made.seen);
        if (made) this.#deps.events.emit('sync.changed', { id: rule.destination.id, rule: rule.id, run: made.id });
      })
      .catch((error: unknown) => this.#hold(rule.id, error, stopping))
      .finally(() => {
        this.#looking.delete(rule.id);
        this.wake();
      });
    this.#looking.set(rule.id, looking);
  }

  #remember(runId: string, seen: SeenBefore): void {
    this.#seen.set(runId, seen);
    // Another hub may have been faster with some of them.
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > mostSeen && oldest !== undefined) this.#seen.delete(oldest);
  }

  #start(id: string, stopping: AbortSignal): void {
    const job = new RunJob(this.#deps, { id, runner: this.#id, stopping });
    const seen = this.#seen.get(id);
    this.#seen.delete(id);
    const repeated = this.#repeated.get(id) ?? 0;
    const done = job
      .work({ ...(seen && { seen }), mayRepeat: repeated < mostRepeated })
      .then((isAgain) => {
        if (isAgain) this.#repeated.set(id, repeated + 1);
        else this.#repeated.delete(id);
      })
      .catch((error: unknown) => this.#hold(id, error, stopping))
      .finally(() => {
        this.#jobs.delete(id);
        this.wake();
      });
    this.#jobs.set(id, { job, done });
  }

  /** The hub itself is at fault: the same again at once would fail the same way. */
  #hold(id: string, error: unknown, stopping: AbortSignal): void {
    if (stopping.aborted) return;
    this.#held.set(id, this.#deps.clock.now() + longestSleep * 2);
    this.#deps.onFailure?.(error);
  }

  /** Rules that run on changes, and read what was written, are due in a moment. */
  async #written(registryId: string, repository: string): Promise<void> {
    const { rows, clock } = this.#deps;
    const rules = (await rows.readingFrom(registryId)).filter(
      ({ spec }) => spec.schedule?.onChange === true && readRule(spec).repositories.matches(repository),
    );
    for (const { id } of rules) await rows.hasten(id, clock.now() + settle);
    if (rules.length > 0) this.wake();
  }

  async #sweep(): Promise<void> {
    const { runs, queue, clock } = this.#deps;
    const now = clock.now();
    if (now - this.#sweptAt < sweepEvery) return;
    this.#sweptAt = now;
    if (await queue.lease('sync.sweep', sweepEvery / 2)) await runs.prune(now);
  }

  async #sleep(pause: number, stopping: AbortSignal): Promise<void> {
    const woken = AbortSignal.any([stopping, this.#wake.signal]);
    try {
      await this.#deps.clock.sleep(pause, woken);
    } catch (error) {
      if (!woken.aborted) throw error;
    }
  }
}
