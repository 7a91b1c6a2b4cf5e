import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../core/clock.ts';
import { concurrency, type Lease, type Queue, type QueueFailure, type WakeUpHandler } from './queue.ts';

/** Most keys of a topic that are kept while they wait. Beyond, new ones are dropped: the sweep finds them. */
const capacity = 10_000;

interface Topic {
  /** Keys not taken up yet, in order. */
  pending: Set<string | undefined>;
  running: Map<string | undefined, Promise<void>>;
  handlers: WakeUpHandler[];
  /** Which handler is next. */
  turn: number;
}

/** For the one process that owns an embedded database. */
export class MemoryQueue implements Queue {
  readonly #clock: Clock;
  readonly #onFailure: QueueFailure;
  readonly #topics = new Map<string, Topic>();
  readonly #leases = new Map<string, { holder: string; until: number }>();
  /** Handlers run in the context of the queue's maker, not of whoever published: that may have a transaction open. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #closed = false;

  constructor(deps: { clock?: Clock; onFailure?: QueueFailure } = {}) {
    this.#clock = deps.clock ?? systemClock;
    this.#onFailure = deps.onFailure ?? (() => {});
  }

  async publish(topic: string, key?: string): Promise<void> {
    if (this.#closed) return;
    const { pending } = this.#topic(topic);
    if (pending.size >= capacity) return;
    pending.add(key);
    this.#go(topic);
  }

  async subscribe(topic: string, handler: WakeUpHandler): Promise<() => Promise<void>> {
    const state = this.#topic(topic);
    state.handlers.push(handler);
    this.#go(topic);
    return async () => {
      const at = state.handlers.indexOf(handler);
      if (at >= 0) state.handlers.splice(at, 1);
      if (state.handlers.length === 0) await Promise.all(state.running.values());
    };
  }

  async lease(name: string, ttl: number): Promise<Lease | undefined> {
    if ((this.#leases.get(name)?.until ?? 0) > this.#clock.now()) return undefined;
    const holder = randomUUID();
    const hold = (ttl: number) => this.#leases.set(name, { holder, until: this.#clock.now() + ttl });
    const mine = () => {
      const lease = this.#leases.get(name);
      return lease?.holder === holder && lease.until > this.#clock.now();
    };
    hold(ttl);
    return {
      name,
      renew: async (ttl) => {
        if (!mine()) return false;
        hold(ttl);
        return true;
      },
      release: async () => {
        if (mine()) this.#leases.delete(name);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const topic of this.#topics.values()) {
      topic.pending.clear();
      topic.handlers.length = 0;
    }
    await Promise.all([...this.#topics.values()].flatMap((topic) => [...topic.running.values()]));
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { pending: new Set(), running: new Map(), handlers: [], turn: 0 };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #go(name: string): void {
    const topic = this.#topic(name);
    for (const key of topic.pending) {
      if (topic.handlers.length === 0 || topic.running.size >= concurrency) return;
      if (topic.running.has(key)) continue;
      const handler = topic.handlers[topic.turn++ % topic.handlers.length];
      if (!handler) return;
      topic.pending.delete(key);
      topic.running.set(
        key,
        this.#outside(() => this.#run(name, topic, key, handler)),
      );
    }
  }

  async #run(name: string, topic: Topic, key: string | undefined, handler: WakeUpHandler): Promise<void> {
    // Never within the caller's own turn, so that publishing cannot nest.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      await handler(key);
    } catch (error) {
      this.#onFailure(error, name);
    } finally {
      topic.running.delete(key);
      this.#go(name);
    }
  }
}
