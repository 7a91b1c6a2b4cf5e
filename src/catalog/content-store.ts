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
}
