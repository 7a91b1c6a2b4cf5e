import { describe, expect, it } from 'vitest';
import type { StoredRule } from './rule-store.ts';
import { usesOf } from './rule-uses.ts';
import type { SyncSpec } from './types.ts';

const rule = (more: { source?: object; destination?: object; mode?: SyncSpec['mode'] } = {}): StoredRule => ({
  id: 'syn_1',
  name: 'nightly',
  version: 1,
  enabled: true,
  spec: {
    source: { registry: 'a', repositories: ['shop/*'], ...more.source },
    destination: { registry: 'b', ...more.destination },
    ...(more.mode && { mode: more.mode }),
  },
  source: { id: 'a', name: 'a' },
  destination: { id: 'b', name: 'b' },
  planned: true,
  plannedVersion: 1,
  createdAt: 0,
  createdBy: 'ana',
  updatedAt: 0,
  updatedBy: 'ana',
});
const uses = (of: StoredRule, registryId: string, repository: string, ...tags: string[]) =>
  usesOf([of], { registryId, repository }, tags).length > 0;

describe('what rules need', () => {
  it('is what they copy', () => {
    const releases = rule({ source: { tags: { include: ['>=1.0'], exclude: ['1.5.0'] } } });
    expect(uses(releases, 'a', 'shop/api', '1.2.0')).toBe(true);
    expect(uses(releases, 'a', 'shop/api', 'dev', '1.2.0')).toBe(true);
    expect(uses(releases, 'a', 'shop/api', '1.5.0')).toBe(false);
    expect(uses(releases, 'a', 'shop/api', 'dev')).toBe(false);
    expect(uses(releases, 'a', 'other/api', '1.2.0')).toBe(false);
    expect(uses(releases, 'c', 'shop/api', '1.2.0')).toBe(false);
    expect(uses(rule({ source: { tags: { pushedWithin: '7d' } } }), 'a', 'shop/api', 'x')).toBe(true);
  });

  it('is what they brought and would bring again, unless they mirror', () => {
    const renamed = rule({ source: { tags: { include: ['v*'] } }, destination: { repository: 'mirror/{repository}', tag: 'of-{tag}' } });
    expect(uses(renamed, 'b', 'mirror/shop/api', 'of-v1')).toBe(true);
    expect(uses(renamed, 'b', 'mirror/shop/api', 'v1')).toBe(false);
    expect(uses(renamed, 'b', 'shop/api', 'of-v1')).toBe(false);
    expect(uses(rule({ source: { tags: { include: ['v*'] } } }), 'b', 'shop/api', 'dev')).toBe(false);
    expect(uses(rule({ destination: { repository: '{registry}/{name}' } }), 'b', 'ghcr.io/api', 'v1')).toBe(true);
    expect(uses(rule({ mode: 'mirror' }), 'b', 'shop/api', 'v1')).toBe(false);
  });
});
