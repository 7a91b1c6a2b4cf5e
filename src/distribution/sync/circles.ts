import { Conflict } from '../../core/errors.ts';
import type { Queries } from '../../store/index.ts';
import type { LinkStore, RuleLink } from './link-store.ts';
import { findLoop, type LoopEnd, type LoopRule } from './loops.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { SyncSpec } from './types.ts';

/** A rule, as far as a circle through it is looked for; its registries are ids. */
export interface CircleCandidate {
  id: string;
  name: string;
  spec: SyncSpec;
}

export interface CircleStores {
  rows: Pick<RuleStore, 'enabled'>;
  links: LinkStore;
}

/**
 * The circle that a rule is, or would be, part of: by way of rules that run by themselves, and of registries at the hosts where they
 * are now. Asks no registry. Names are compared only where registries lead back to where the rule reads, which in most hubs they do not.
 *
 * @returns as `findLoop`
 */
export async function circleThrough(
  { rows, links }: CircleStores,
  { id, name, spec }: CircleCandidate,
  queries?: Queries,
): Promise<LoopRule[] | undefined> {
  const others = (await links.links(queries)).filter((link) => link.id !== id);
  const [source, destination] = [spec.source.registry, spec.destination.registry];
  const hosts = await links.hosts([source, destination], queries);
  const end = (key: string): LoopEnd => ({ id: key, host: hosts.get(key) ?? key });
  const candidate: LoopRule = { id, name, spec, source: end(source), destination: end(destination) };
  const between = waysBack(others, candidate);
  if (between === undefined) return undefined;
  const specs = new Map(between.size === 0 ? [] : (await rows.enabled(queries)).map((rule) => [rule.id, rule]));
  const rules = others.flatMap((link) => {
    const rule = between.has(link.id) ? specs.get(link.id) : undefined;
    return rule ? [{ ...link, name: rule.name, spec: rule.spec }] : [];
  });
  return findLoop([...rules, candidate], { through: id });
}

/**
 * Called when a run begins. That was looked at when the rule was saved, but a registry may have been given another address since: then
 * two registries are one, and images would go round.
 *
 * @throws SyncLoop
 */
export async function refuseCircle(stores: CircleStores, rule: StoredRule): Promise<void> {
  const circle = await circleThrough(stores, rule);
  if (circle) throw new SyncLoop(rule, circle);
}

/** A run that was not begun. */
export class SyncLoop extends Conflict {
  /** Names all rules of the circle: only for those who see every rule. */
  readonly record: string;

  constructor(rule: LoopRule | StoredRule, circle: readonly LoopRule[]) {
    // Who sees this rule sees its registries, and may read of rules between them. Of any other, a name would tell too much.
    const ends = new Set([rule.source.id, rule.destination.id]);
    const mayName = ({ source, destination }: LoopRule) => ends.has(source.id) && ends.has(destination.id);
    const way = circleWords(circle, mayName);
    const which = circle.length === 1 ? `what “${rule.name}” writes is what it reads` : way;
    super(`Nothing was copied: images would go in a circle, ${which}. There was none when the rule was saved.`, 'sync_loop', {
      help: 'Look at whether a registry of these rules was given the address of another one by mistake, and set it right. Otherwise disable one of the rules, or narrow its repositories or tags.',
    });
    this.record = `Images would go in a circle: ${circleWords(circle, () => true)}.`;
  }
}

/** `“there” → another rule → “there”`. */
export function circleWords<R extends { name: string }>(circle: readonly R[], mayName: (rule: R) => boolean): string {
  return [...circle, ...circle.slice(0, 1)].map((rule) => (mayName(rule) ? `“${rule.name}”` : 'another rule')).join(' → ');
}

/**
 * Ids of the rules that are on a way from where the candidate writes to where it reads, going by registries alone; undefined when there
 * is none. Empty when both are one registry and no other rule is about it.
 */
function waysBack(others: readonly RuleLink[], candidate: LoopRule): Set<string> | undefined {
  const hostOf = ({ host }: LoopEnd) => host.toLowerCase();
  const bySource = Map.groupBy(others, ({ source }) => hostOf(source));
  const byDestination = Map.groupBy(others, ({ destination }) => hostOf(destination));
  const [from, to] = [hostOf(candidate.destination), hostOf(candidate.source)];
  const forward = reached(from, (host) => (bySource.get(host) ?? []).map(({ destination }) => hostOf(destination)));
  if (!forward.has(to)) return undefined;
  const backward = reached(to, (host) => (byDestination.get(host) ?? []).map(({ source }) => hostOf(source)));
  return new Set(others.filter((rule) => forward.has(hostOf(rule.source)) && backward.has(hostOf(rule.destination))).map(({ id }) => id));
}

/** With where it begins. */
function reached(start: string, next: (at: string) => readonly string[]): Set<string> {
  const seen = new Set([start]);
  for (const at of seen) for (const to of next(at)) seen.add(to);
  return seen;
}
