import type { ReferenceTo } from '../../core/errors.ts';

const mostNamed = 3;

/** The next step when a deletion was refused. */
export const inUseHelp = 'Change what uses it first; or delete it all the same, by force.';

/** For messages: the first few of what uses something. */
export function namesOf(uses: readonly ReferenceTo[]): string {
  const named = uses.slice(0, mostNamed).map(({ kind, name }) => useText(kind, name));
  return `${named.join(', ')}${uses.length > mostNamed ? ` and ${uses.length - mostNamed} more` : ''}`;
}

function useText(kind: string, name: string): string {
  if (kind === 'tag') return `the tag ${name}`;
  if (kind === 'index') return `the index below ${name}`;
  if (kind === 'partial-listing') return `tags that are not known (${name})`;
  return `${kind.replaceAll('-', ' ')} “${name}”`;
}
