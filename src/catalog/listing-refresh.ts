import type { Clock } from '../core/clock.ts';
import { Flights, waitFor } from './flights.ts';
import { isCanceled, partialOf } from './partial.ts';
import type { Partial } from './types.ts';

/** A failure is remembered this long, in milliseconds, so that a registry that is down is not asked by every page view. */
const failureHolds = 15_000;

export interface RefreshOptions<L> {
  key: string;
  /** The listing that is known; undefined when nothing was ever listed. */
  known: L | undefined;
  /** Whether it is young enough not to ask. */
  fresh: boolean;
  /** Ask even so, and wait for the answer. */
  refresh?: boolean;
  signal?: AbortSignal;
  /** Makes and keeps a new listing. Not canceled by one caller's leaving: others may wait for it, and it is of use later. */
  list: () => Promise<L>;
}

/** Whether a listing is young enough not to ask again; one that was cut short by a limit rests until the limit ends. */
export function isFresh(listing: { listedAt: number; partial?: Partial } | undefined, now: number, believedFor: number): boolean {
  if (!listing) return false;
  const rests = listing.partial?.retryAt !== undefined && Date.parse(listing.partial.retryAt) > now;
  return rests || now - listing.listedAt < believedFor;
}

/** A listing, and why it is not the newest. */
export interface Refreshed<L> {
  listing: L;
  stale?: Partial;
}

/**
 * Decides between what is known and asking again: one request for all who ask at once; who knows something waits a moment at
 * most and gets what is known, while the new listing is on its way; a failure leaves what is known, and says so.
 */
export class ListingRefresh<L> {
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #flights = new Flights<L>();
  readonly #failures = new Map<string, { until: number; partial: Partial }>();

  /** @param patience milliseconds to wait for a new listing when an old one is at hand */
  constructor(clock: Clock, patience = 1500) {
    this.#clock = clock;
    this.#patience = patience;
  }

  async current(options: RefreshOptions<L>): Promise<Refreshed<L>> {
    const { key, known, fresh, refresh, signal } = options;
    if (known !== undefined && !refresh) {
      if (fresh) return { listing: known };
      const failure = this.#failures.get(key);
      if (failure && failure.until > this.#clock.now()) return { listing: known, stale: failure.partial };
    }
    const work = this.#flights.run(key, () => this.#attempt(key, options.list));
    if (known === undefined) return { listing: await waitFor(work, signal) };
    const end = new AbortController();
    try {
      const patience = refresh ? new Promise<never>(() => {}) : this.#clock.sleep(this.#patience, end.signal).catch(() => undefined);
      const listing = await waitFor(Promise.race([work, patience]), signal);
      return { listing: listing ?? known };
    } catch (error) {
      if (isCanceled(error)) throw error;
      return { listing: known, stale: partialOf(error, this.#clock.now()) };
    } finally {
      end.abort();
      // Nobody may be waiting any more; the failure is remembered all the same.
      work.catch(() => {});
    }
  }

  /** Ends when no listing is under way. */
  settled(): Promise<void> {
    return this.#flights.settled();
  }

  async #attempt(key: string, list: () => Promise<L>): Promise<L> {
    try {
      const listing = await list();
      this.#failures.delete(key);
      return listing;
    } catch (error) {
      const now = this.#clock.now();
      const partial = partialOf(error, now);
      const until = Math.max(now + failureHolds, partial.retryAt === undefined ? 0 : Date.parse(partial.retryAt));
      if (this.#failures.size > 10_000) this.#failures.clear();
      this.#failures.set(key, { until, partial });
      throw error;
    }
  }
}
