import type { SyncItem } from '../api/types.ts';

/** What a reader of a plan or run looks for. */
export const itemKinds = ['all', 'copy', 'delete', 'left', 'failed'] as const;
export type ItemKind = (typeof itemKinds)[number];

export function kindOf(item: SyncItem): Exclude<ItemKind, 'all'> {
  if (item.outcome === 'failed') return 'failed';
  return item.action === 'copy' || item.action === 'delete' ? item.action : 'left';
}

/** `shop/api:1.8.2` */
export function placeWords({ repository, tag }: { repository: string; tag: string }): string {
  return `${repository}:${tag}`;
}

/** The chip of an item, and its colour. */
export function itemWords(item: SyncItem): { text: string; kind: 'plain' | 'accent' | 'warn' | 'bad' | 'good' } {
  const verb = { copy: 'copy', delete: 'delete', keep: 'kept', skip: 'left alone' }[item.action];
  if (item.outcome === 'failed')
    return { text: item.action === 'delete' ? 'not deleted' : item.action === 'copy' ? 'not copied' : 'failed', kind: 'bad' };
  if (item.action === 'copy') return { text: item.outcome === 'done' ? 'copied' : verb, kind: item.outcome === 'done' ? 'good' : 'accent' };
  if (item.action === 'delete') return { text: item.outcome === 'done' ? 'deleted' : verb, kind: 'warn' };
  return { text: verb, kind: 'plain' };
}

const order = { failed: 0, delete: 1, left: 2, copy: 3 } as const;

const natural = new Intl.Collator('en', { numeric: true });

/** What needs a look first: failures, then deletions; of each kind by name. */
export function sortItems(items: readonly SyncItem[]): SyncItem[] {
  return items.toSorted(
    (a, b) => order[kindOf(a)] - order[kindOf(b)] || natural.compare(placeWords(a.destination), placeWords(b.destination)),
  );
}

export function filterItems(items: readonly SyncItem[], kind: ItemKind, text: string): SyncItem[] {
  const needle = text.trim().toLowerCase();
  return items.filter(
    (item) =>
      (kind === 'all' || kindOf(item) === kind) &&
      (needle === '' ||
        [item.destination, item.source].some((place) => place && placeWords(place).toLowerCase().includes(needle)) ||
        (item.reason ?? '').toLowerCase().includes(needle)),
  );
}
