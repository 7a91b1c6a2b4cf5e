import { formatCount } from './format.ts';

interface ListCount {
  loaded: number;
  total: number | undefined;
  /** Pages are left to load. */
  more: boolean;
  partial: boolean;
}

/** How much of a list this is: `all 9,036 tags`, `148 tags`, `first 2,000 tags of more`. */
export function countWords(count: ListCount, one: string, many: string): string {
  const known = count.total ?? count.loaded;
  const noun = known === 1 ? one : many;
  if (count.partial) return `first ${formatCount(known)} ${noun} of more`;
  if (count.total === undefined && count.more) return `more than ${formatCount(count.loaded)} ${many}`;
  return known > 1 ? `all ${formatCount(known)} ${noun}` : `${formatCount(known)} ${noun}`;
}
