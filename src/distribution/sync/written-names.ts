import { adaptValue, edited, type RuleEdit, type RuleVariable, type TagRule } from '../tag-rule.ts';
import { isGlob } from './glob.ts';

/** What is known of the source when it is asked which names a rule can make. */
export interface NameSource {
  registry: string;
  /** A name, or a glob for many. */
  repository: string;
  /** A tag, or a glob for many. */
  tag: string;
}

/**
 * The globs of all names that a rule can make of a source: never fewer than it makes, at times more, where an edit of a glob cannot be
 * told beforehand.
 */
export function writtenNames(rule: TagRule, source: NameSource): string {
  const free = rule.kind === 'repository' ? '**' : '*';
  let names = '';
  for (const part of rule.parts) {
    const piece = part.kind === 'text' ? part.text : namesOf(part, rule.kind, source, free);
    // In the middle of a part, the slash that ** may leave out would be missed.
    names += names !== '' && !names.endsWith('/') ? piece.replace(/^\*\*\//, '**') : piece;
  }
  return names.replace(/\*{3,}/g, '**');
}

function namesOf(part: RuleVariable, kind: TagRule['kind'], source: NameSource, free: string): string {
  switch (part.name) {
    case 'registry':
      return editedGlob(source.registry, part.edit, kind, free);
    case 'repository':
      return editedGlob(source.repository, part.edit, kind, free);
    case 'name':
      return editedGlob(lastPart(source.repository), part.edit, kind, free);
    case 'tag':
      return editedGlob(source.tag, part.edit, kind, free);
    default:
      return free;
  }
}

/** What the last component of the names that fit a glob can be. */
function lastPart(glob: string): string {
  const last = glob.slice(glob.lastIndexOf('/') + 1);
  return last.includes('**') ? '*' : last;
}

function editedGlob(glob: string, edit: RuleEdit | undefined, kind: TagRule['kind'], free: string): string {
  const adapted = adaptValue(glob, kind);
  if (!isGlob(adapted)) return edited(adapted, edit);
  // A slash that became a hyphen: `a/*` would be `a-*`, and `**` crosses both.
  const wide = kind === 'tag' ? adapted.replace(/\*+/g, '*') : adapted;
  if (!edit) return wide;
  const [head, tail] = [/^[^*?]*/.exec(wide)?.[0] ?? '', /[^*?]*$/.exec(wide)?.[0] ?? ''];
  switch (edit.kind) {
    case 'strip-start':
      if (head.startsWith(edit.text)) return wide.slice(edit.text.length);
      return edit.text.startsWith(head) ? free : wide;
    case 'strip-end':
      if (tail.endsWith(edit.text)) return wide.slice(0, -edit.text.length);
      return edit.text.endsWith(tail) ? free : wide;
    case 'replace':
      // Its first occurrence in what all of them begin with is the first in each.
      return head.includes(edit.from) ? edited(wide, edit) : free;
  }
}
