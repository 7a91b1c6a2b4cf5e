import type { Copy, CopySettings } from '../api/types.ts';
import { type DestinationDraft, splitTags } from './copy-draft.ts';

export interface Promotion {
  destinations: DestinationDraft[];
  settings: CopySettings;
}

/**
 * Where images of a repository were copied to the last time, and how, for the next time. What of the names came from the
 * source or the day is a variable again, so that `1.8.2-20261121` becomes the rule `{tag}-{date:yyyyMMdd}`.
 *
 * @param copies newest first
 */
export function lastPromotion(copies: readonly Copy[], registryId: string, repository: string): Promotion {
  const from = copies.filter((copy) => copy.source.registryId === registryId && copy.source.repository === repository);
  // Promotions are the habit; a copy that somebody made for once counts only where there was none.
  const habits = from.filter((copy) => copy.cause === 'promotion');
  const usable = (habits.length > 0 ? habits : from).filter(
    (copy) => copy.state !== 'canceled' && copy.destination.registryId !== undefined,
  );
  const group = usable[0]?.group;
  const seen = new Set<string>();
  const drafts: DestinationDraft[] = [];
  // A group is listed in the reverse of the order in which it was asked for.
  for (const copy of usable.filter((each) => each.group === group).reverse()) {
    const destination = copy.destination.registryId ?? '';
    const draft = {
      key: drafts.length + 1,
      registry: destination,
      repository: copy.destination.repository === repository ? '{repository}' : copy.destination.repository,
      tags: copy.destination.tags.map((tag) => tagRule(tag, copy)).join(', '),
    };
    const place = JSON.stringify([draft.registry, draft.repository, draft.tags]);
    if (!seen.has(place)) drafts.push(draft);
    seen.add(place);
  }
  return { destinations: drafts, settings: usable[0]?.settings ?? {} };
}

/** Destinations as they can be for what has no tag: without the rules that need one. */
export function untagged(destinations: readonly DestinationDraft[]): DestinationDraft[] {
  const needsTag = (rule: string) => /\{tag[}#%/:]/.test(rule);
  return destinations.map((each) => ({
    ...each,
    tags: splitTags(each.tags)
      .filter((rule) => !needsTag(rule))
      .join(', '),
  }));
}

/** The rule that most likely made this tag. */
function tagRule(tag: string, copy: Copy): string {
  let rule = tag;
  const reference = copy.source.reference;
  // A tag like `1` is in many others by chance: it has to stand at the beginning or the end.
  if (!reference.includes(':')) {
    if (rule === reference) return '{tag}';
    if (rule.startsWith(`${reference}-`) || rule.startsWith(`${reference}_`)) rule = `{tag}${rule.slice(reference.length)}`;
    else if (rule.endsWith(`-${reference}`) || rule.endsWith(`_${reference}`)) rule = `${rule.slice(0, -reference.length)}{tag}`;
  }
  const hash = (reference.includes(':') ? reference : copy.result?.digest)?.split(':')[1];
  if (hash !== undefined) {
    const part = rule.match(/(?<![0-9a-f])[0-9a-f]{7,64}(?![0-9a-f])/g)?.find((each) => hash.startsWith(each));
    if (part !== undefined) rule = rule.replace(part, `{digest:${part.length}}`);
  }
  const [day = '', clock = ''] = copy.createdAt.split('T');
  const date = day.replaceAll('-', '');
  const minute = clock.slice(0, 5).replace(':', '');
  for (const [text, variable] of [
    [`${date}-${minute}`, '{date:yyyyMMdd-HHmm}'],
    [`${day}-${minute}`, '{date:yyyy-MM-dd-HHmm}'],
    [date, '{date:yyyyMMdd}'],
    [day, '{date:yyyy-MM-dd}'],
  ] as const) {
    if (rule.includes(text)) return rule.replace(text, variable);
  }
  return rule;
}
