import { type Clock, systemClock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import type { Queue } from '../../queue/index.ts';
import { copiesTopic } from './copies.ts';
import type { CopyStore } from './store.ts';
import { Making, type MakingDeps } from './making.ts';

export interface CopyRunnerOptions extends Omit<MakingDeps, 'clock' | 'runner' | 'claimTime' | 'onFailure' | 'onWritten'> {
  rows: CopyStore;
  queue: Queue;
  clock?: Clock;
  /** Copies at the same time. Default 4; 0: this hub makes none. */
  parallel?: number;
  /** Milliseconds until others take over what this one no longer looks after. Default one minute. */
  claimTime?: number;
  onWritten?: MakingDeps['onWritten'];
  onFailure?: MakingDeps['onFailure'];
}

/** Longest and shortest pause between two looks for copies, in milliseconds: an edit made by another hub is noticed after the longest. */
const longestPause = 15_000;
const shortestPause = 100;
const sweepEvery = 3_600_000;
/** How long copies that ended are kept, in milliseconds, and how many. */
const keepFor = 90 * 24 * 3_600_000;
const keepMost = 10_000;
/** Registries give up uploads after a week, if not before. */
const keepUploadsFor = 7 * 24 * 3_600_000;

/**
 * Makes copies, a few at a time. What is to be made stands in the rows; a row is claimed before it is made, and the claim renewed while
 * that goes on, so that what a killed hub was at is taken up again: by the next start where one hub owns the database, else by another
 * hub as soon as the claim has passed.
 */
export class CopyRunner {
  readonly #options: CopyRunnerOptions;
  readonly #clock: Clock;
  readonly #making: MakingDeps;
  readonly #running = new Map<string, Promise<void>>();
  #stopping = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  #sweptAt = 0;

  constructor(options: CopyRunnerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#making = {
      ...options,
      clock: this.#clock,
      runner: newId('run'),
      claimTime: options.claimTime ?? 60_000,
      onWritten: options.onWritten ?? (async () => {}),
      onFailure: options.onFailure ?? (() => {}),
    };
  }

  start(): void {
    if (this.#loop || this.#options.parallel === 0) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Breaks off what is under way and puts it back into the queue: it goes on where it stopped, here after the next start or elsewhere. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DOMException('The hub stops.', 'AbortError'));
    await this.#loop;
    this.#loop = undefined;
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const { queue, events, claims } = this.#options;
    const wake = (): void => this.#wake.abort();
    const stopListening = events.on('copy.changed', ({ state }) => {
      if (state === 'queued') wake();
    });
    const unsubscribe = await this.#attempt(() => queue.subscribe(copiesTopic, async () => wake()));
    await this.#attempt(() => claims.dropClaims());
    while (!stopping.aborted) {
      this.#wake = new AbortController();
      const pause = (await this.#attempt(() => this.#startDue(stopping))) ?? longestPause;
      await this.#attempt(() => this.#sweep());
      await this.#sleep(pause, AbortSignal.any([stopping, this.#wake.signal]));
    }
    await Promise.all(this.#running.values());
    stopListening();
    await this.#attempt(async () => unsubscribe?.());
  }

  /** Starts what is due as far as there is room. Answers how long there is nothing more to start. */
  async #startDue(stopping: AbortSignal): Promise<number> {
    const { claims, parallel = 4 } = this.#options;
    const now = this.#clock.now();
    // Others may be faster with some of them.
    const due = this.#running.size < parallel ? await claims.due(now, parallel * 2) : [];
    for (const id of due) {
      if (stopping.aborted || this.#running.size >= parallel) break;
      if (!this.#running.has(id)) await this.#take(id, stopping);
    }
    // The end of one of them wakes the loop.
    if (this.#running.size >= parallel) return longestPause;
    const next = await claims.nextDue(this.#making.runner);
    return next === undefined ? longestPause : Math.min(Math.max(next - now, shortestPause), longestPause);
  }

  async #take(id: string, stopping: AbortSignal): Promise<void> {
    const { claims } = this.#options;
    const { runner, claimTime, onFailure } = this.#making;
    const stored = await claims.claim(id, runner, this.#clock.now(), claimTime);
    if (!stored) return;
    const running = new Making(this.#making, stored, stopping)
      .run()
      .catch(onFailure)
      .finally(() => {
        this.#running.delete(id);
        this.#wake.abort();
      });
    this.#running.set(id, running);
  }

  async #sweep(): Promise<void> {
    const { queue, rows, uploads } = this.#options;
    const now = this.#clock.now();
    if (now - this.#sweptAt < sweepEvery) return;
    this.#sweptAt = now;
    // Whichever hub comes first does it for all.
    if (!(await queue.lease('copies.sweep', sweepEvery / 2))) return;
    await rows.prune(now - keepFor, keepMost);
    await uploads.prune(now - keepUploadsFor);
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#making.onFailure(error);
      return undefined;
    }
  }

  async #sleep(pause: number, woken: AbortSignal): Promise<void> {
    await this.#clock.sleep(pause, woken).catch((error: unknown) => {
      if (!woken.aborted) throw error;
    });
  }
}
