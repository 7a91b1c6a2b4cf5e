import type { DeletionOutcome, DeletionReport } from '../api/types.ts';
import { plural } from './format.ts';

/** How the deletion of images is spoken of. All functions are pure. */

/** What stands against it, in words. */
export function usageWords({ kind, name }: DeletionOutcome['usedBy'][number]): string {
  switch (kind) {
    case 'tag':
      return `tag ${name} points to it`;
    case 'index':
      return `the index ${name} has it as one of its images`;
    case 'partial-listing':
      return `not every tag could be looked at: ${name}`;
    case 'sync-rule':
      return `the sync rule ${name} needs it`;
    default:
      return `${kind.replaceAll('-', ' ')} ${name}`;
  }
}

/** What a deletion takes away, in one sentence. */
export function goingWords(item: DeletionOutcome): string {
  const tags =
    item.tags.length === 0
      ? 'No tag goes'
      : `${item.tags.length === 1 ? `The tag ${item.tags[0]} goes` : `${plural(item.tags.length, 'tag')} go: ${item.tags.join(', ')}`}`;
  return item.manifest ? `${tags}, and the image itself with ${item.tags.length === 1 ? 'it' : 'them'}.` : `${tags}. The image stays.`;
}

/** What is left of it, as sentences. */
export function remainsWords(item: DeletionOutcome): string[] {
  const { orphans, sharedWith } = item;
  return [
    ...(sharedWith.length > 0 ? [`The same image stays as ${sharedWith.join(', ')}.`] : []),
    ...(orphans.images.length > 0 ? [`${plural(orphans.images.length, 'image')} of this index will have no name any more.`] : []),
    ...(orphans.referrers.length > 0
      ? [
          `${plural(orphans.referrers.length, 'signature, SBOM or attestation', 'signatures, SBOMs or attestations')} of it will refer to nothing.`,
        ]
      : []),
    ...(orphans.tags.length > 0
      ? [`Cosign’s ${orphans.tags.length === 1 ? 'tag' : 'tags'} ${orphans.tags.join(', ')} will refer to nothing.`]
      : []),
  ];
}

/** What needs it, without the tags that were chosen to go along. */
export function uses(item: DeletionOutcome): DeletionOutcome['usedBy'] {
  return item.usedBy.filter(({ kind, name }) => kind !== 'tag' || !item.tags.slice(0, 99).includes(name));
}

/** The same of everything that would go: while there is something, it is deleted only when forced. */
export function usesOf(report: DeletionReport): DeletionOutcome['usedBy'] {
  return report.items.flatMap(uses);
}
