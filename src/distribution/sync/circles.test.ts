import { expect, it } from 'vitest';
import { type CircleStores, circleThrough, SyncLoop } from './circles.ts';
import type { LoopRule } from './loops.ts';
import type { StoredRule } from './rule-store.ts';

/** A rule between registries that are named by their hosts, which are `<name>.test` unless said otherwise. */
function rule(name: string, source: string, destination: string, repositories = ['**']): StoredRule {
  const spec = { source: { registry: source, repositories }, destination: { registry: destination } };
  return {
    id: name,
    name,
    spec,
    source: { id: source, name: source },
    destination: { id: destination, name: destination },
  } as unknown as StoredRule;
}

function storesOf(rules: StoredRule[], hosts: Record<string, string> = {}) {
  const end = ({ id }: { id: string }) => ({ id, host: hosts[id] ?? `${id}.test` });
  let reads = 0;
  const stores = {
    rows: {
      enabled: async () => {
        reads++;
        return rules;
      },
    },
    links: {
      links: async () => rules.map(({ id, source, destination }) => ({ id, source: end(source), destination: end(destination) })),
      hosts: async (ids: string[]) => new Map(ids.map((id) => [id, end({ id }).host])),
    },
  } as unknown as CircleStores;
  return { stores, reads: () => reads };
}

const names = async (rules: StoredRule[], candidate: StoredRule, hosts?: Record<string, string>) =>
  (await circleThrough(storesOf(rules, hosts).stores, candidate))?.map(({ name }) => name);

it('finds no way back by registries alone, whatever a thousand rules say of names', async () => {
  const rules = Array.from({ length: 1000 }, (_, i) => rule(`r${i}`, `team${i % 20}`, i % 2 === 0 ? 'stage' : 'prod'));
  const { stores, reads } = storesOf(rules);
  expect(await circleThrough(stores, rules[7] ?? rule('none', 'a', 'b'))).toBeUndefined();
  expect(reads()).toBe(0);
});

it('compares names where hosts lead back, in whatever case, and of those rules only that are on the way', async () => {
  const there = rule('there', 'a', 'b');
  const onward = rule('onward', 'b', 'c');
  const aside = rule('aside', 'b', 'd');
  expect(await names([there, onward, aside], there)).toBeUndefined();
  expect(await names([there, onward, aside], there, { c: 'A.test' })).toEqual(['there', 'onward']);
  // By way of none but itself.
  expect(await names([onward], rule('self', 'x', 'y'), { x: 'one.test', y: 'one.test' })).toEqual(['self']);
  const apart = rule('apart', 'b', 'c', ['other/*']);
  expect(await names([rule('named', 'a', 'b', ['shop/*']), apart], rule('named', 'a', 'b', ['shop/*']), { c: 'a.test' })).toBeUndefined();
  // One that does not run by itself is nobody's way back.
  expect(await names([onward], onward, { c: 'a.test' })).toBeUndefined();
});

it('names the rules between the same registries, and for the record all', () => {
  const circle = [rule('there', 'a', 'b'), rule('on', 'b', 'c'), rule('back', 'a', 'a')] as unknown as LoopRule[];
  const error = new SyncLoop(rule('there', 'a', 'b'), circle);
  expect(error.message).toContain('“there” → another rule → “back” → “there”');
  expect(error.record).toContain('“there” → “on” → “back” → “there”');
  expect(new SyncLoop(rule('there', 'a', 'b'), circle.slice(0, 1)).message).toContain('what “there” writes is what it reads');
});
