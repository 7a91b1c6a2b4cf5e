import type { Queries, Store } from '../../store/index.ts';
import type { LoopEnd } from './loops.ts';

/** From where to where a rule goes. */
export interface RuleLink {
  id: string;
  source: LoopEnd;
  destination: LoopEnd;
}

/** Rules as ways between registries, at the hosts where these are now; whoever asks. */
export class LinkStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Of the rules that run by themselves. */
  async links(queries: Queries = this.#store.db): Promise<RuleLink[]> {
    const rows = await queries
      .selectFrom('sync_rules')
      .innerJoin('registries as source', 'source.id', 'sync_rules.source_registry_id')
      .innerJoin('registries as destination', 'destination.id', 'sync_rules.destination_registry_id')
      .select(['sync_rules.id', 'source_registry_id', 'destination_registry_id', 'source.url as source_url'])
      .select('destination.url as destination_url')
      .where('sync_rules.enabled', '=', 1)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      source: { id: row.source_registry_id, host: hostOf(row.source_url) },
      destination: { id: row.destination_registry_id, host: hostOf(row.destination_url) },
    }));
  }

  /** `host[:port]` of registries, by their ids. */
  async hosts(registryIds: readonly string[], queries: Queries = this.#store.db): Promise<Map<string, string>> {
    const rows = await queries
      .selectFrom('registries')
      .select(['id', 'url'])
      .where('id', 'in', [...registryIds])
      .execute();
    return new Map(rows.map(({ id, url }) => [id, hostOf(url)]));
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}
