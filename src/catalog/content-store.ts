import { sql } from 'kysely';
import type { Store } from '../store/index.ts';
import type { Place } from './store.ts';

export interface StoredContent {
  mediaType: string;
  bytes: Uint8Array;
}

/**
 * Media type of bytes that were read as a config. What some manifest calls its config is its own claim: kept, it would decide
 * how others read the same bytes, which may be a manifest of theirs.
 */
export const blobType = 'application/octet-stream';

/** `used_at` is only for tidying up, so a day is exact enough. */
const usedPrecision = 24 * 3600 * 1000;

/** How much is kept of what was read. */
export interface ContentBounds {
  /** Milliseconds that content nobody looks at is kept. Default 30 days. Manifests that a known tag points to are kept longer. */
  unusedFor?: number;
  /** Bytes in all; what was used longest ago goes first. Default 2 GiB. */
  mostBytes?: number;
}

/** Rows a statement, and statements a sweep: what is left over waits for the next one. */
const sweptAtOnce = 500;
const sweptStatements = 200;

/** Manifests and configs by digest, and the places that they were read from. */
export class ContentStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A manifest or config blob, if it was read from this very repository before. */
  async find(digest: string, place: Place, now: number): Promise<StoredContent | undefined> {
    const row = await this.#store.db
      .selectFrom('content')
      .select(['media_type', 'bytes', 'used_at'])
      .where('digest', '=', digest)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('content_places')
            .select(sql<number>`1`.as('one'))
            .whereRef('content_places.digest', '=', 'content.digest')
            .where('registry_id', '=', place.registryId)
            .where('repository', '=', place.repository),
        ),
      )
      .executeTakeFirst();
    if (!row) return undefined;
    if (now - row.used_at > usedPrecision) {
      await this.#store.db.updateTable('content').set({ used_at: now }).where('digest', '=', digest).execute();
    }
    return { mediaType: row.media_type, bytes: row.bytes };
  }

  async save(digest: string, place: Place, { mediaType, bytes }: StoredContent, now: number): Promise<void> {
    await this.#store.transaction(async (trx) => {
      await trx
        .insertInto('content')
        .values({ digest, media_type: mediaType, bytes, stored_at: now, used_at: now })
        .onConflict((conflict) =>
          conflict.column('digest').doUpdateSet({ media_type: mediaType }).where('content.media_type', '=', blobType),
        )
        .execute();
      await trx
        .insertInto('content_places')
        .values({ digest, registry_id: place.registryId, repository: place.repository })
        .onConflict((conflict) => conflict.columns(['digest', 'registry_id', 'repository']).doNothing())
        .execute();
    });
  }

  /**
   * Forgets what nobody may read any more (its registries are gone), what was not used for long, and what is too much. All of it
   * can be read again. Answers how many rows went.
   */
  async sweep(now: number, { unusedFor = 30 * usedPrecision, mostBytes = 2 * 1024 ** 3 }: ContentBounds = {}): Promise<number> {
    const { db } = this.#store;
    // `used_at` is exact to a day, and what is being read just now has no place yet.
    const orphaned = db
      .selectFrom('content')
      .select('digest')
      .where('used_at', '<', now - usedPrecision)
      .where((eb) =>
        eb.not(eb.exists(eb.selectFrom('content_places').select('digest').whereRef('content_places.digest', '=', 'content.digest'))),
      );
    const unused = db
      .selectFrom('content')
      .select('digest')
      .where('used_at', '<', now - unusedFor)
      .where((eb) => eb.not(eb.exists(eb.selectFrom('tags').select('digest').whereRef('tags.digest', '=', 'content.digest'))));
    let gone = 0;
    let statements = 0;
    for (const query of [orphaned, unused]) {
      for (;;) {
        const rows = await query.limit(sweptAtOnce).execute();
        gone += await this.#forget(rows);
        if (rows.length < sweptAtOnce || ++statements >= sweptStatements) break;
      }
    }
    return gone + (await this.#shrink(mostBytes, sweptStatements - statements));
  }

  async #shrink(mostBytes: number, statements: number): Promise<number> {
    const { db } = this.#store;
    const size = sql<number | string | null>`sum(length(bytes))`;
    let excess = Number((await db.selectFrom('content').select(size.as('size')).executeTakeFirstOrThrow()).size ?? 0) - mostBytes;
    let gone = 0;
    for (let count = 0; excess > 0 && count < statements; count++) {
      const oldest = await db
        .selectFrom('content')
        .select(['digest', sql<number | string>`length(bytes)`.as('size')])
        .orderBy('used_at')
        .limit(sweptAtOnce)
        .execute();
      const rows = oldest.filter(({ size: bytes }) => {
        const goes = excess > 0;
        if (goes) excess -= Number(bytes);
        return goes;
      });
      if (rows.length === 0) break;
      gone += await this.#forget(rows);
    }
    return gone;
  }

  /** Its places go along, by the table's own rule. */
  async #forget(rows: readonly { digest: string }[]): Promise<number> {
    if (rows.length === 0) return 0;
    const digests = rows.map(({ digest }) => digest);
    await this.#store.db.deleteFrom('content').where('digest', 'in', digests).execute();
    return digests.length;
  }
}
