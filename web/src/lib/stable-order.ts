/**
 * Keeps rows where they are while live data comes in. The order is decided once per `key` (sort and filters chosen by the
 * person); after that known rows keep their places, vanished rows leave, and new ones wait to be announced.
 */
export interface StableOrder {
  key: string;
  ids: readonly string[];
}

export interface Arranged {
  order: StableOrder;
  /** Ids to show, in order. */
  shown: readonly string[];
  /** Ids that are not shown yet. */
  waiting: readonly string[];
}

export function arrange(previous: StableOrder | undefined, key: string, sorted: readonly string[]): Arranged {
  if (previous === undefined || previous.key !== key || (previous.ids.length === 0 && sorted.length > 0)) {
    return { order: { key, ids: sorted }, shown: sorted, waiting: [] };
  }
  const present = new Set(sorted);
  const known = new Set(previous.ids);
  const shown = previous.ids.filter((id) => present.has(id));
  const waiting = sorted.filter((id) => !known.has(id));
  return { order: { key, ids: previous.ids }, shown, waiting };
}
