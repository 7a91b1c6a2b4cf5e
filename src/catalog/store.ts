import type { RepositoryInfo } from '../provider/define.ts';
import { containsText, type Store, type TagsTable, type Trx } from '../store/index.ts';
import type { KnownTag } from './tag-listing.ts';
import type { Partial } from './types.ts';

/** A repository of one registry. */
export interface Place {
  registryId: string;
  repository: string;
}

/** When a listing was made, and why it is not whole. */
export interface ListingState {
  /** Epoch milliseconds. */
  listedAt: number;
  partial?: Partial;
}

export interface KnownRepository {
  info: RepositoryInfo;
  /** When it was first listed. */
  seenAt: number;
}

/** What a listing changes; written in one transaction. */
export interface Changes<T> {
  put: readonly T[];
  /** Names of what has gone. Empty when the listing did not come to its end. */
  remove: readonly string[];
  state: ListingState;
}

/** Rows a statement: below the limits on parameters of both databases. */
const batch = 1000;

/** Repositories and tags. With `content-store.ts` and `search-store.ts` the catalog's only SQL. */
export class CatalogStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Drops what was read from a registry when its address has become another one: that is another registry's content. */
  async claim(registryId: string, url: string): Promise<void> {
    const row = await this.#store.db.selectFrom('catalog_listings').select('url').where('registry_id', '=', registryId).executeTakeFirst();
    if (row?.url === url) return;
    await this.#store.transaction(async (trx) => {
      for (const table of ['tags', 'repositories', 'content_places', 'catalog_listings'] as const) {
        await trx.deleteFrom(table).where('registry_id', '=', registryId).execute();
      }
      await trx
        .insertInto('catalog_listings')
        .values({ registry_id: registryId, url, listed_at: null, registry_version: null, partial: null })
        .onConflict((conflict) => conflict.column('registry_id').doUpdateSet({ url }))
        .execute();
    });
  }

  // Repositories

  async repositoriesState(registryId: string): Promise<(ListingState & { registryVersion: number }) | undefined> {
    const row = await this.#store.db.selectFrom('catalog_listings').selectAll().where('registry_id', '=', registryId).executeTakeFirst();
    if (!row || row.listed_at === null) return undefined;
    return { listedAt: row.listed_at, registryVersion: row.registry_version ?? 0, ...toPartial(row.partial) };
  }

  /** Has the next page listed anew: what is known is shown meanwhile. */
  async expireRepositories(registryId: string): Promise<void> {
    await this.#store.db.updateTable('catalog_listings').set({ registry_version: null }).where('registry_id', '=', registryId).execute();
  }

  async knownRepositories(registryId: string): Promise<Map<string, KnownRepository>> {
    const rows = await this.#store.db
      .selectFrom('repositories')
      .select(['name', 'info', 'seen_at'])
      .where('registry_id', '=', registryId)
      .where('seen_at', '>', 0)
      .execute();
    return new Map(rows.map((row) => [row.name, { info: toInfo(row), seenAt: row.seen_at }]));
  }

  /** One page by name, and how many there are in all. */
  async pageOfRepositories(
    registryId: string,
    query: { after?: string; limit: number; q?: string },
  ): Promise<{ rows: RepositoryInfo[]; total: number }> {
    let matching = this.#store.db.selectFrom('repositories').where('registry_id', '=', registryId).where('seen_at', '>', 0);
    if (query.q) {
      const { q } = query;
      matching = matching.where((eb) => containsText(eb.ref('name'), q));
    }
    const { count } = await matching.select((eb) => eb.fn.countAll<number | string>().as('count')).executeTakeFirstOrThrow();
    let page = matching.select(['name', 'info']);
    if (query.after !== undefined) page = page.where('name', '>', query.after);
    const rows = await page.orderBy('name').limit(query.limit).execute();
    return { rows: rows.map(toInfo), total: Number(count) };
  }

  /** What goes takes its tags along. */
  async saveRepositories(registryId: string, registryVersion: number, { put, remove, state }: Changes<KnownRepository>): Promise<void> {
    await this.#store.transaction(async (trx) => {
      for (const some of batches(put)) {
        await trx
          .insertInto('repositories')
          .values(
            some.map(({ info: { name, ...info }, seenAt }) => ({
              registry_id: registryId,
              name,
              info: JSON.stringify(info),
              seen_at: seenAt,
              tags_at: null,
              tags_partial: null,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['registry_id', 'name'])
              .doUpdateSet((eb) => ({ info: eb.ref('excluded.info'), seen_at: eb.ref('excluded.seen_at') })),
          )
          .execute();
      }
      for (const some of batches(remove)) {
        for (const table of ['tags', 'content_places'] as const) {
          await trx.deleteFrom(table).where('registry_id', '=', registryId).where('repository', 'in', some).execute();
        }
        await trx.deleteFrom('repositories').where('registry_id', '=', registryId).where('name', 'in', some).execute();
      }
      const listing = { listed_at: state.listedAt, registry_version: registryVersion, partial: fromPartial(state.partial) };
      await trx.updateTable('catalog_listings').set(listing).where('registry_id', '=', registryId).execute();
    });
  }

  // Tags

  async tagsState({ registryId, repository }: Place): Promise<ListingState | undefined> {
    const row = await this.#store.db
      .selectFrom('repositories')
      .select(['tags_at', 'tags_partial'])
      .where('registry_id', '=', registryId)
      .where('name', '=', repository)
      .executeTakeFirst();
    return row?.tags_at === null || row === undefined ? undefined : { listedAt: row.tags_at, ...toPartial(row.tags_partial) };
  }

  /** Has the tags listed anew, and asked what they point to; what is known of them is shown when that takes long. */
  async expireTags({ registryId, repository }: Place): Promise<void> {
    await this.#store.db
      .updateTable('repositories')
      .set({ tags_at: 0, tags_partial: null })
      .where('registry_id', '=', registryId)
      .where('name', '=', repository)
      .where('tags_at', 'is not', null)
      .execute();
    await this.#store.db
      .updateTable('tags')
      .set({ resolved_at: null })
      .where('registry_id', '=', registryId)
      .where('repository', '=', repository)
      .execute();
  }

  /** Whether a listing of the registry's repositories named it. */
  async isListed({ registryId, repository }: Place): Promise<boolean> {
    const row = await this.#store.db
      .selectFrom('repositories')
      .select('seen_at')
      .where('registry_id', '=', registryId)
      .where('name', '=', repository)
      .executeTakeFirst();
    return (row?.seen_at ?? 0) > 0;
  }

  async tags({ registryId, repository }: Place): Promise<KnownTag[]> {
    const rows = await this.#store.db
      .selectFrom('tags')
      .selectAll()
      .where('registry_id', '=', registryId)
      .where('repository', '=', repository)
      .execute();
    return rows.map(toTag);
  }

  /** Of one repository. A repository that no listing named gets a row that listings of repositories do not show. */
  async saveTags(place: Place, { put, remove, state }: Changes<KnownTag>): Promise<void> {
    const { registryId, repository } = place;
    await this.#store.transaction(async (trx) => {
      await putTags(trx, place, put);
      for (const some of batches(remove)) {
        await trx
          .deleteFrom('tags')
          .where('registry_id', '=', registryId)
          .where('repository', '=', repository)
          .where('name', 'in', some)
          .execute();
      }
      const listing = { tags_at: state.listedAt, tags_partial: fromPartial(state.partial) };
      await trx
        .insertInto('repositories')
        .values({ registry_id: registryId, name: repository, info: '{}', seen_at: 0, ...listing })
        .onConflict((conflict) => conflict.columns(['registry_id', 'name']).doUpdateSet(listing))
        .execute();
    });
  }

  /** Details that were read later. Tags that have gone meanwhile stay gone. */
  async completeTags({ registryId, repository }: Place, tags: readonly KnownTag[]): Promise<void> {
    await this.#store.transaction(async (trx) => {
      for (const tag of tags) {
        const {
          registry_id: _registry,
          repository: _repository,
          name,
          seen_at: _seen,
          ...details
        } = fromTag({ registryId, repository }, tag);
        await trx
          .updateTable('tags')
          .set(details)
          .where('registry_id', '=', registryId)
          .where('repository', '=', repository)
          .where('name', '=', name)
          .execute();
      }
    });
  }
}

async function putTags(trx: Trx, place: Place, tags: readonly KnownTag[]): Promise<void> {
  for (const some of batches(tags)) {
    await trx
      .insertInto('tags')
      .values(some.map((tag) => fromTag(place, tag)))
      .onConflict((conflict) =>
        conflict.columns(['registry_id', 'repository', 'name']).doUpdateSet((eb) => ({
          digest: eb.ref('excluded.digest'),
          media_type: eb.ref('excluded.media_type'),
          artifact_type: eb.ref('excluded.artifact_type'),
          pushed_at: eb.ref('excluded.pushed_at'),
          created_at: eb.ref('excluded.created_at'),
          size: eb.ref('excluded.size'),
          platforms: eb.ref('excluded.platforms'),
          resolved_at: eb.ref('excluded.resolved_at'),
        })),
      )
      .execute();
  }
}

function fromTag({ registryId, repository }: Place, tag: KnownTag): TagsTable {
  return {
    registry_id: registryId,
    repository,
    name: tag.name,
    digest: tag.digest ?? null,
    media_type: tag.mediaType ?? null,
    artifact_type: tag.artifactType ?? null,
    pushed_at: tag.pushedAt ?? null,
    created_at: tag.createdAt ?? null,
    size: tag.size ?? null,
    platforms: tag.platforms ? JSON.stringify(tag.platforms) : null,
    seen_at: tag.seenAt,
    resolved_at: tag.resolvedAt ?? null,
  };
}

function toTag(row: TagsTable): KnownTag {
  return {
    name: row.name,
    seenAt: row.seen_at,
    ...(row.digest !== null && { digest: row.digest }),
    ...(row.media_type !== null && { mediaType: row.media_type }),
    ...(row.artifact_type !== null && { artifactType: row.artifact_type }),
    ...(row.pushed_at !== null && { pushedAt: row.pushed_at }),
    ...(row.created_at !== null && { createdAt: row.created_at }),
    ...(row.size !== null && { size: row.size }),
    ...(row.platforms !== null && { platforms: JSON.parse(row.platforms) as string[] }),
    ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
  };
}

function toInfo(row: { name: string; info: string }): RepositoryInfo {
  return { ...(JSON.parse(row.info) as Omit<RepositoryInfo, 'name'>), name: row.name };
}

function toPartial(text: string | null): { partial?: Partial } {
  return text === null ? {} : { partial: JSON.parse(text) as Partial };
}

function fromPartial(partial: Partial | undefined): string | null {
  return partial ? JSON.stringify(partial) : null;
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += batch) yield items.slice(at, at + batch);
}
