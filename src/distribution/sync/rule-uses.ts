import type { ReferenceTo } from '../../core/errors.ts';
import type { DeletionPlace } from '../deletion/index.ts';
import { Globs } from './glob.ts';
import { type ReadRule, readRule } from './rule.ts';
import type { StoredRule } from './rule-store.ts';
import { writtenNames } from './written-names.ts';

/** A rule, as far as it is compared with tags. */
export type UsingRule = Pick<StoredRule, 'id' | 'name' | 'spec'> & { source: { id: string }; destination: { id: string } };

/**
 * Enabled rules that stand against deleting tags: those that copy them from there, and those that keep them there and do not mirror, so
 * that they would bring them again. Where a rule's names cannot be told beforehand, it is taken to be about them.
 *
 * @param options `mirrors`: also those that mirror. Default false: what a mirror brought, it deletes and brings again as its source says.
 */
export function usesOf(
  rules: readonly UsingRule[],
  { registryId, repository }: Pick<DeletionPlace, 'registryId' | 'repository'>,
  tags: readonly string[],
  { mirrors = false }: { mirrors?: boolean } = {},
): ReferenceTo[] {
  return rules
    .filter((rule) => {
      const read = readRule(rule.spec);
      return (
        (rule.source.id === registryId && read.repositories.matches(repository) && chooses(read, tags)) ||
        (rule.destination.id === registryId && (mirrors || !read.mirrors) && writes(rule, read, repository, tags))
      );
    })
    .map(({ id, name }) => ({ kind: 'sync-rule', id, name }));
}

function chooses({ tags: chooser }: ReadRule, tags: readonly string[]): boolean {
  const { tags: chosen, problem } = chooser.choose(
    tags.map((name) => ({ name })),
    0,
  );
  // Chosen by push time: which of them are is not known here.
  return problem !== undefined || chosen.length > 0;
}

function writes({ spec }: UsingRule, read: ReadRule, repository: string, tags: readonly string[]): boolean {
  // By whichever host the source was known when it wrote.
  const names = (rule: ReadRule['tagRule'], from: string) => writtenNames(rule, { registry: '*', repository: from, tag: '*' });
  const { repositories } = spec.source;
  if (!new Globs(repositories.map((from) => names(read.repositoryRule, from))).matches(repository)) return false;
  if (read.tagRule.text === '{tag}') return chooses(read, tags);
  const written = new Globs(repositories.map((from) => names(read.tagRule, from)));
  return tags.some((tag) => written.matches(tag));
}
