import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Queries, Store, Trx } from '../../store/index.ts';
import type { SeenTag } from './changes.ts';

/** Rows in one statement, which is one transaction: some milliseconds on SQLite, where everybody else waits for it. */
const portion = 500;
/** Rows that are read, or compared, at a time. */
const readPortion = 5000;
/** In place of a tag: what is known of the rule's source is in doubt. No tag is called that. */
const doubt = { repository: '', tag: '', digest: '' };

/**
 * What rules that run on changes saw of their sources when they last brought everything into step: rows of `sync_seen`.
 *
 * There may be a hundred thousand tags, so they are written in portions, and others write in between. What makes that safe is one row,
 * the doubt. It is there before a run may write anything to the destination, and goes in the transaction in which the run ends as done,
 * after the last portion. While it is there, nothing that is known counts, and the next look makes a run whatever it finds. So wherever a
 * hub was killed, and whether a run failed, was canceled or was somebody else's, a look sees either all that was in step, or that it does
 * not know. Without it, a half-written mixture could hide a change: a tag that was moved, copied, and moved back still has its old row.
 */
export class SeenStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Undefined while it is in doubt; empty when nothing has been seen yet. */
  async read(ruleId: string): Promise<SeenTag[] | undefined> {
    const tags: SeenTag[] = [];
    for await (const page of this.#pages(ruleId)) {
      if (page.some(isDoubt)) return undefined;
      for (const tag of page) tags.push(tag);
    }
    return tags;
  }

  /** A run may write from now on, or the rule does something else. */
  async doubt(ruleId: string, queries: Queries = this.#store.db): Promise<void> {
    await queries
      .insertInto('sync_seen')
      .values({ rule_id: ruleId, ...doubt })
      .onConflict((conflict) => conflict.columns(['rule_id', 'repository', 'tag']).doNothing())
      .execute();
  }

  /**
   * Writes what is another now than it was, to be called while the rule is in doubt, and by nobody else for the same rule.
   *
   * @param mayGoOn asked between portions
   * @returns whether it came to its end
   */
  async write(ruleId: string, seen: readonly SeenTag[], mayGoOn: () => boolean = () => true): Promise<boolean> {
    const known = new Map<string, SeenTag>();
    for await (const page of this.#pages(ruleId)) for (const tag of page) if (!isDoubt(tag)) known.set(keyOf(tag), tag);
    for (const tags of portions(seen, readPortion)) {
      const isOther = (tag: SeenTag) => known.get(keyOf(tag))?.digest !== tag.digest;
      for (const others of portions(tags.filter(isOther), portion)) {
        if (!mayGoOn()) return false;
        await this.#put(ruleId, others);
      }
      for (const tag of tags) known.delete(keyOf(tag));
      await setImmediate();
    }
    for (const gone of portions([...known.values()], portion)) {
      if (!mayGoOn()) return false;
      await this.#remove(ruleId, gone);
    }
    return true;
  }

  /** What was written is whole, and all of it in step. */
  async settle(trx: Trx, ruleId: string): Promise<void> {
    await trx.deleteFrom('sync_seen').where('rule_id', '=', ruleId).where('repository', '=', '').where('tag', '=', '').execute();
  }

  async #put(ruleId: string, tags: readonly SeenTag[]): Promise<void> {
    await this.#store.db
      .insertInto('sync_seen')
      .values(tags.map(({ repository, tag, digest }) => ({ rule_id: ruleId, repository, tag, digest })))
      .onConflict((conflict) =>
        conflict.columns(['rule_id', 'repository', 'tag']).doUpdateSet((eb) => ({ digest: eb.ref('excluded.digest') })),
      )
      .execute();
    await setImmediate();
  }

  async #remove(ruleId: string, tags: readonly SeenTag[]): Promise<void> {
    const places = sql.join(tags.map(({ repository, tag }) => sql`(${repository}, ${tag})`));
    await this.#store.db
      .deleteFrom('sync_seen')
      .where('rule_id', '=', ruleId)
      .where(sql<boolean>`(repository, tag) in (values ${places})`)
      .execute();
    await setImmediate();
  }

  /** In order, so that a doubt comes first. */
  async *#pages(ruleId: string): AsyncGenerator<SeenTag[], void, undefined> {
    for (let last: SeenTag | undefined; ; ) {
      let query = this.#store.db.selectFrom('sync_seen').select(['repository', 'tag', 'digest']).where('rule_id', '=', ruleId);
      if (last) {
        const { repository, tag } = last;
        query = query.where((eb) => eb(eb.refTuple('repository', 'tag'), '>', eb.tuple(repository, tag)));
      }
      const page = await query.orderBy('repository').orderBy('tag').limit(readPortion).execute();
      yield page;
      last = page.at(-1);
      if (page.length < readPortion) return;
      await setImmediate();
    }
  }
}

function isDoubt({ repository, tag }: SeenTag): boolean {
  return repository === doubt.repository && tag === doubt.tag;
}

function keyOf({ repository, tag }: SeenTag): string {
  return `${repository}:${tag}`;
}

function* portions<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
