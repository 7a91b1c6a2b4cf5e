import { sql, type SqlBool } from 'kysely';
import { type Principal, visibleRegistries } from '../access/index.ts';
import { containsText, type Store } from '../store/index.ts';

export interface TagHit {
  registryId: string;
  registry: string;
  repository: string;
  name: string;
  digest?: string;
}

/** Searches, over what the principal may see. */
export class SearchStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async registries(principal: Principal, text: string, limit: number): Promise<{ id: string; name: string }[]> {
    return this.#store.db
      .selectFrom('registries')
      .select(['id', 'name'])
      .where(visibleRegistries(principal))
      .where((eb) => eb.or([containsText(eb.ref('name'), text), containsText(eb.ref('url'), text), containsText(eb.ref('prefix'), text)]))
      .orderBy('name_key')
      .limit(limit)
      .execute();
  }

  async repositories(principal: Principal, text: string, limit: number): Promise<{ registryId: string; registry: string; name: string }[]> {
    return this.#store.db
      .selectFrom('repositories')
      .innerJoin('registries', 'registries.id', 'repositories.registry_id')
      .select(['registries.id as registryId', 'registries.name as registry', 'repositories.name as name'])
      .where('repositories.registry_id', 'in', this.#visible(principal))
      .where((eb) => containsText(eb.ref('repositories.name'), text))
      .orderBy((eb) => eb.fn<number>('length', ['repositories.name']))
      .orderBy('repositories.name')
      .limit(limit)
      .execute();
  }

  /** Tags whose name begins with `tag` (as it is written: tags have case), in repositories whose name contains `repository`. */
  async tags(principal: Principal, query: { tag: string; repository?: string }, limit: number): Promise<TagHit[]> {
    const { tag, repository } = query;
    const rows = await this.#tagHits(principal)
      .where('tags.name', '>=', tag)
      .where('tags.name', '<', `${tag}\u{10FFFF}`)
      .$if(repository !== undefined, (select) => select.where((eb) => containsText(eb.ref('tags.repository'), repository ?? '')))
      .orderBy((eb) => eb.fn<number>('length', ['tags.name']))
      .orderBy('tags.name')
      .orderBy('tags.repository')
      .limit(limit)
      .execute();
    return rows.map(({ digest, ...row }) => ({ ...row, ...(digest !== null && { digest }) }));
  }

  /** Tags that point to digests that begin so. */
  async digests(principal: Principal, prefix: string, limit: number): Promise<TagHit[]> {
    const rows = await this.#tagHits(principal)
      .where('tags.digest', '>=', prefix)
      .where('tags.digest', '<', `${prefix}g`)
      .orderBy('tags.digest')
      .orderBy('tags.repository')
      .orderBy('tags.name')
      .limit(limit)
      .execute();
    return rows.map(({ digest, ...row }) => ({ ...row, ...(digest !== null && { digest }) }));
  }

  /** Manifests by digest that no tag points to: read once, as a part of an index for instance. */
  async content(principal: Principal, prefix: string, limit: number): Promise<Omit<TagHit, 'name'>[]> {
    return this.#store.db
      .selectFrom('content_places')
      .innerJoin('registries', 'registries.id', 'content_places.registry_id')
      .innerJoin('content', 'content.digest', 'content_places.digest')
      .select(['registries.id as registryId', 'registries.name as registry', 'content_places.repository', 'content_places.digest'])
      .where('content_places.registry_id', 'in', this.#visible(principal))
      .where('content_places.digest', '>=', prefix)
      .where('content_places.digest', '<', `${prefix}g`)
      .where((eb) => sql<SqlBool>`(${eb.ref('content.media_type')} like '%manifest%' or ${eb.ref('content.media_type')} like '%index%')`)
      .orderBy('content_places.digest')
      .orderBy('content_places.repository')
      .limit(limit)
      .execute();
  }

  #tagHits(principal: Principal) {
    return this.#store.db
      .selectFrom('tags')
      .innerJoin('registries', 'registries.id', 'tags.registry_id')
      .select(['registries.id as registryId', 'registries.name as registry', 'tags.repository', 'tags.name', 'tags.digest'])
      .where('tags.registry_id', 'in', this.#visible(principal));
  }

  #visible(principal: Principal) {
    return this.#store.db.selectFrom('registries').select('registries.id').where(visibleRegistries(principal));
  }
}
