import { tagFilterKind } from '../../catalog/tag-filter.ts';
import { parseTagRule } from '../tag-rule.ts';
import { Effort, fixedPart, Globs, mayMeet } from './glob.ts';
import type { SyncSpec } from './types.ts';
import { writtenNames } from './written-names.ts';

/** A registry, as far as two rules have to be compared: the same id or the same host is the same registry. */
export interface LoopEnd {
  id: string;
  /** `host[:port]`. */
  host: string;
}

export interface LoopRule {
  id: string;
  name: string;
  source: LoopEnd;
  destination: LoopEnd;
  spec: SyncSpec;
}

/**
 * Rules of which each writes what the next one copies, and the last one what the first one copies: images would go round, with a
 * longer name each time or for ever. Also one rule alone that copies what it wrote.
 *
 * Rules are compared by names of repositories and tags, and not by what is there now. Where it cannot be told whether names meet (edits
 * of globs, patterns, ranges of versions) they are taken to meet.
 *
 * @param options `through`: id of a rule; only circles that it is part of
 * @returns the shortest circle that was found, in the order in which images go; undefined when there is none
 */
export function findLoop<R extends LoopRule>(rules: readonly R[], { through }: { through?: string } = {}): R[] | undefined {
  const ends: Ends<R>[] = rules.map((rule) => ({ rule, writes: once(() => writesOf(rule)), reads: once(() => readsOf(rule)) }));
  const effort = new Effort();
  const next = ends.map((from) => once(() => ends.filter((to) => feeds(from, to, effort))));
  let found: R[] | undefined;
  for (const [start, first] of ends.entries()) {
    if (through !== undefined && first.rule.id !== through) continue;
    const chain = shortestWayBack(ends, next, start);
    if (chain && (!found || chain.length < found.length)) found = chain.map(({ rule }) => rule);
    if (found?.length === 1 && found[0] === first.rule) break;
  }
  return found;
}

/** The circle in words: `a → b → a`. */
export function describeLoop(chain: readonly Pick<LoopRule, 'name'>[]): string {
  return [...chain, ...chain.slice(0, 1)].map(({ name }) => name).join(' → ');
}

/** Taken apart only where a way leads to the rule. */
interface Ends<R> {
  rule: R;
  writes: () => { repositories: Names; tags: Names };
  reads: () => { repositories: Names; notRepositories: Globs; tags: Names; notTags: Globs };
}

/** Globs; what each begins with tells most of them apart, at next to no cost. */
interface Names {
  beginnings: readonly string[];
  globs: () => Globs;
}

/** So many comparisons of beginnings cost less than one of globs. */
const mostBeginnings = 2000;

function namesOf(texts: readonly string[]): Names {
  return { beginnings: [...new Set(texts.map(fixedPart))], globs: once(() => new Globs(texts)) };
}

function namesMeet(one: Names, other: Names, except: Globs, effort: Effort): boolean {
  const isApart =
    one.beginnings.length * other.beginnings.length <= mostBeginnings &&
    one.beginnings.every((a) => other.beginnings.every((b) => !a.startsWith(b) && !b.startsWith(a)));
  return !isApart && mayMeet(one.globs(), other.globs(), except, effort);
}

function tagGlobsOf({ spec }: LoopRule): readonly string[] {
  const { include = [] } = spec.source.tags ?? {};
  return include.length > 0 && include.every(isSimple) ? include : ['*'];
}

function writesOf(rule: LoopRule): ReturnType<Ends<LoopRule>['writes']> {
  const { spec, source } = rule;
  const repositoryRule = parseTagRule(spec.destination.repository ?? '{repository}', 'repository');
  const tagRule = parseTagRule(spec.destination.tag ?? '{tag}', 'tag');
  const tagGlobs = tagGlobsOf(rule);
  const written = (names: typeof tagRule) =>
    namesOf([
      ...new Set(
        spec.source.repositories.flatMap((repository) =>
          tagGlobs.map((tag) => writtenNames(names, { registry: source.host, repository, tag })),
        ),
      ),
    ]);
  return { repositories: written(repositoryRule), tags: written(tagRule) };
}

function readsOf(rule: LoopRule): ReturnType<Ends<LoopRule>['reads']> {
  const { repositories, exclude = [], tags = {} } = rule.spec.source;
  return {
    repositories: namesOf(repositories),
    notRepositories: new Globs(exclude),
    tags: namesOf(tagGlobsOf(rule)),
    // What a pattern or a range leaves out is not known: nothing then.
    notTags: new Globs((tags.exclude ?? []).filter(isSimple)),
  };
}

function isSimple(filter: string): boolean {
  const kind = tagFilterKind(filter.trim());
  return kind === 'plain' || kind === 'glob';
}

function feeds<R extends LoopRule>(from: Ends<R>, to: Ends<R>, effort: Effort): boolean {
  const [a, b] = [from.rule.destination, to.rule.source];
  if (a.id !== b.id && a.host.toLowerCase() !== b.host.toLowerCase()) return false;
  const [writes, reads] = [from.writes(), to.reads()];
  return (
    namesMeet(writes.repositories, reads.repositories, reads.notRepositories, effort) &&
    namesMeet(writes.tags, reads.tags, reads.notTags, effort)
  );
}

/** Rules are compared with the others only where a way leads to them. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Breadth first, so that the first way that comes back is the shortest. */
function shortestWayBack<E extends object>(ends: readonly E[], next: readonly (() => readonly E[])[], start: number): E[] | undefined {
  const before = new Map<E, E>();
  const first = ends[start];
  const waiting = first ? [first] : [];
  for (let at = waiting.shift(); at; at = waiting.shift()) {
    for (const to of next[ends.indexOf(at)]?.() ?? []) {
      if (to === first) {
        const chain = [at];
        for (let step = before.get(at); step; step = before.get(step)) chain.unshift(step);
        return chain;
      }
      if (before.has(to)) continue;
      before.set(to, at);
      waiting.push(to);
    }
  }
  return undefined;
}
