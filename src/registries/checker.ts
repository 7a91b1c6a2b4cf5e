import { systemPrincipal } from '../access/index.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { NotFound } from '../core/errors.ts';
import type { HubEvents } from '../core/events.ts';
import type { Store } from '../store/index.ts';
import type { Registries } from './registries.ts';
import { RegistryStore } from './store.ts';

export interface RegistryCheckerOptions {
  registries: Registries;
  store: Store;
  events: HubEvents;
  clock?: Clock;
  /** Told of a check that could not be made or kept: the fault of the hub, not of the registry. */
  onFailure?: (registryId: string, error: unknown) => void;
  /** Checks at the same time. Default 4. */
  concurrency?: number;
}

/** Longest sleep, in milliseconds: an edit made by another hub on the same database is noticed after that. */
const longestSleep = 60_000;
/** How long a check that was begun is left alone by other hubs, in milliseconds. */
const claim = 5 * 60_000;
/** Pause after an edit, in milliseconds, so that three quick edits make one check. */
const settle = 2000;

/**
 * Checks saved registries in the background: hourly, jittered, a few at once, and soon after an edit. When a check is due
 * stands in the database, so a restart neither forgets checks nor starts all of them at once.
 */
export class RegistryChecker {
  readonly #options: RegistryCheckerOptions;
  readonly #rows: RegistryStore;
  readonly #clock: Clock;
  readonly #running = new Map<string, Promise<void>>();
  /** Registries whose check failed in the hub itself, and until when they are left alone. */
  readonly #held = new Map<string, number>();
  #stopping = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: RegistryCheckerOptions) {
    this.#options = options;
    this.#rows = new RegistryStore(options.store);
    this.#clock = options.clock ?? systemClock;
  }

  start(): void {
    if (this.#loop) return;
    this.#stopping = new AbortController();
    this.#unsubscribe = this.#options.events.on('registry.changed', ({ id }) => {
      this.#held.delete(id);
      this.#wake.abort();
    });
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Breaks off what is under way; it is due again after the next start. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#stopping.abort(new Error('The hub stops.'));
    this.#wake.abort();
    await this.#loop;
    await Promise.all(this.#running.values());
    this.#loop = undefined;
  }

  async #run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      this.#wake = new AbortController();
      const pause = await this.#startDue(stopping).catch((error: unknown) => {
        this.#options.onFailure?.('', error);
        return longestSleep;
      });
      await this.#sleep(pause, stopping);
    }
  }

  /** Starts what is due, as far as there is room; answers how long there is nothing more to start. */
  async #startDue(stopping: AbortSignal): Promise<number> {
    const { concurrency = 4 } = this.#options;
    const now = this.#clock.now();
    const room = concurrency - this.#running.size;
    if (room > 0) {
      // Those under way are still due in the table when they were never checked before.
      const due = (await this.#rows.due(now, room + this.#running.size + this.#held.size))
        .filter((id) => !this.#running.has(id) && (this.#held.get(id) ?? 0) <= now)
        .slice(0, room);
      for (const id of due) if (!stopping.aborted) this.#start(id, stopping);
      if (due.length === room) return longestSleep;
    } else {
      return longestSleep;
    }
    const next = await this.#rows.nextDue();
    return next === undefined ? longestSleep : Math.min(Math.max(next - now, settle), longestSleep);
  }

  #start(id: string, stopping: AbortSignal): void {
    const check = this.#check(id, stopping)
      .catch((error: unknown) => {
        // Removed meanwhile, or stopping: nothing is wrong.
        if (error instanceof NotFound || stopping.aborted) return;
        this.#held.set(id, this.#clock.now() + claim);
        this.#options.onFailure?.(id, error);
      })
      .finally(() => {
        this.#running.delete(id);
        this.#wake.abort();
      });
    this.#running.set(id, check);
  }

  async #check(id: string, stopping: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    this.#held.delete(id);
    if (!(await this.#rows.claimCheck(id, now, now + claim))) return;
    const test = this.#options.registries.test(systemPrincipal, id, undefined, {}, stopping);
    let step = await test.next();
    while (!step.done) step = await test.next();
    await this.#options.registries.credentials.lookAfter(id, { ask: true, signal: stopping });
  }

  async #sleep(pause: number, stopping: AbortSignal): Promise<void> {
    const woken = AbortSignal.any([stopping, this.#wake.signal]);
    try {
      await this.#clock.sleep(pause, woken);
    } catch (error) {
      if (!woken.aborted) throw error;
    }
    // Woken by an edit: the person may be making another one.
    if (this.#wake.signal.aborted && !stopping.aborted && this.#running.size === 0)
      await this.#clock.sleep(settle, stopping).catch(() => {});
  }
}
