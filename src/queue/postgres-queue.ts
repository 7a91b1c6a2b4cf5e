import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { PgBoss } from 'pg-boss';
import { HubError } from '../core/errors.ts';
import type { Store } from '../store/index.ts';
import { concurrency, type Lease, type Queue, type QueueFailure, type WakeUpHandler } from './queue.ts';

interface WakeUp {
  key?: string;
}

/** The database's clock, because those of replicas differ. */
const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/** For several replicas on one PostgreSQL: wake-ups through pg-boss, leases in a table. */
export class PostgresQueue implements Queue {
  readonly #store: Store;
  readonly #boss: PgBoss;
  readonly #onFailure: QueueFailure;
  readonly #created = new Map<string, Promise<void>>();

  private constructor(store: Store, boss: PgBoss, onFailure: QueueFailure) {
    this.#store = store;
    this.#boss = boss;
    this.#onFailure = onFailure;
  }

  /** Throws `queue_unavailable`. */
  static async open(options: { store: Store; database: string; onFailure?: QueueFailure }): Promise<PostgresQueue> {
    const onFailure = options.onFailure ?? (() => {});
    const boss = new PgBoss({
      connectionString: options.database,
      schema: 'tagboat_queue',
      application_name: 'tagboat-queue',
      max: 4,
      schedule: false,
      useListenNotify: true,
    });
    boss.on('error', (error) => onFailure(error));
    try {
      await boss.start();
    } catch (error) {
      throw new HubError(`The queue in ${options.store.place} cannot be opened.`, 'queue_unavailable', error);
    }
    return new PostgresQueue(options.store, boss, onFailure);
  }

  async publish(topic: string, key?: string): Promise<void> {
    await this.#ensure(topic);
    // pg-boss answers null when one with this key waits already: that one will do.
    await this.#boss.send(topic, { key } satisfies WakeUp, { singletonKey: key === undefined ? 'all' : `key ${key}` });
  }

  async subscribe(topic: string, handler: WakeUpHandler): Promise<() => Promise<void>> {
    await this.#ensure(topic);
    const worker = await this.#boss.work<WakeUp>(topic, { localConcurrency: concurrency, pollingIntervalSeconds: 2 }, async (jobs) => {
      for (const job of jobs) {
        try {
          await handler(job.data.key);
        } catch (error) {
          this.#onFailure(error, topic);
        }
      }
    });
    return () => this.#boss.offWork(topic, { id: worker, wait: true });
  }

  async lease(name: string, ttl: number): Promise<Lease | undefined> {
    const { db } = this.#store;
    const holder = randomUUID();
    const until = (ttl: number) => sql<number>`${now} + ${ttl}::bigint`;
    const taken = await db
      .insertInto('leases')
      .values({ name, holder, until: until(ttl) })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ holder, until: until(ttl) })
          .where('leases.until', '<=', now),
      )
      .returning('holder')
      .executeTakeFirst();
    if (!taken) return undefined;
    return {
      name,
      async renew(ttl) {
        const renewed = await db
          .updateTable('leases')
          .set({ until: until(ttl) })
          .where('name', '=', name)
          .where('holder', '=', holder)
          .where('until', '>', now)
          .executeTakeFirst();
        return Number(renewed.numUpdatedRows) > 0;
      },
      async release() {
        await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
      },
    };
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: true, timeout: 10_000 });
  }

  /** `stately`: of each key at most one waits and at most one runs. */
  #ensure(topic: string): Promise<void> {
    let created = this.#created.get(topic);
    if (!created) {
      created = this.#boss.createQueue(topic, {
        policy: 'stately',
        notify: true,
        retryLimit: 0,
        heartbeatSeconds: 60,
        expireInSeconds: 3600,
        retentionSeconds: 24 * 3600,
        deleteAfterSeconds: 3600,
      });
      created.catch(() => this.#created.delete(topic));
      this.#created.set(topic, created);
    }
    return created;
  }
}
