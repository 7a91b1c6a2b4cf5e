import { type Clock, systemClock } from '../../core/clock.ts';
import type { Lease, Queue } from '../../queue/index.ts';
import type { RegistryCredentials } from './credentials.ts';
import type { CredentialUses } from './uses.ts';

export interface CredentialWorkerOptions {
  credentials: RegistryCredentials;
  uses: CredentialUses;
  /** Of several hubs on one database, one refreshes. */
  queue: Queue;
  clock?: Clock;
  /** Told of errors of the hub itself; that an issuer refuses is an alert, not an error. */
  onFailure?: (error: unknown) => void;
}

/** Longest and shortest pause between two looks, in milliseconds. An edit made by another hub is noticed after the longest. */
const longestPause = 60_000;
const shortestPause = 10_000;
const sweepEvery = 60 * 60_000;
const leaseTime = 3 * 60_000;
/** Credentials that are renewed at the same time. */
const concurrency = 4;

/**
 * Renews credentials ahead, so that none is stale when a client comes: those of registries that something used in the last 7
 * days (see `usedWithin`). Once an hour it also raises alerts that only time causes, and forgets what is long past.
 */
export class CredentialWorker {
  readonly #options: CredentialWorkerOptions;
  readonly #clock: Clock;
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #sweptAt = 0;

  constructor(options: CredentialWorkerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  start(): void {
    if (this.#loop) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Breaks off what is under way; it is due again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The hub stops.'));
    await this.#loop;
    this.#loop = undefined;
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const attempt = (work: () => Promise<void>) =>
      work().catch((error: unknown) => {
        if (!stopping.aborted) this.#options.onFailure?.(error);
      });
    while (!stopping.aborted) {
      await attempt(() => this.#refreshDue(stopping));
      if (!stopping.aborted) await attempt(() => this.#sweep());
      if (!stopping.aborted) await attempt(() => this.#options.uses.flush());
      await this.#pause(stopping);
    }
  }

  async #refreshDue(stopping: AbortSignal): Promise<void> {
    const { credentials, queue } = this.#options;
    const due = await credentials.due();
    if (due.length === 0) return;
    const lease = await queue.lease('credentials.refresh', leaseTime);
    if (!lease) return;
    try {
      await this.#refreshAll(due, lease, stopping);
    } finally {
      await lease.release();
    }
  }

  async #refreshAll(due: readonly string[], lease: Lease, stopping: AbortSignal): Promise<void> {
    const left = [...due];
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        if (stopping.aborted || !(await lease.renew(leaseTime))) return;
        await this.#options.credentials.renewAhead(id, stopping);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, due.length) }, work));
  }

  async #sweep(): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#sweptAt < sweepEvery) return;
    this.#sweptAt = now;
    // Whichever hub comes first does it for all.
    if (await this.#options.queue.lease('credentials.sweep', sweepEvery / 2)) await this.#options.credentials.sweep();
  }

  async #pause(stopping: AbortSignal): Promise<void> {
    if (stopping.aborted) return;
    const next = await this.#options.credentials.nextDue().catch((error: unknown) => {
      this.#options.onFailure?.(error);
      return undefined;
    });
    const pause = next === undefined ? longestPause : next - this.#clock.now();
    try {
      await this.#clock.sleep(Math.min(Math.max(pause, shortestPause), longestPause), stopping);
    } catch (error) {
      if (!stopping.aborted) throw error;
    }
  }
}
