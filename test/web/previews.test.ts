import { describe, expect, it } from 'vitest';
import { Globs } from '../../src/distribution/sync/glob.ts';
import { parseTagRule } from '../../src/distribution/tag-rule.ts';
import { globMatcher } from '../../web/src/lib/sync-globs.ts';
import { renderName } from '../../web/src/lib/sync-names.ts';

/** What the page shows while one types a sync rule is worked out there: it has to be what the hub will do. */
describe('previews of sync rules', () => {
  const names = ['api', 'shop/api', 'shop/web', 'shop/dev/api', 'shop-old/api', 'platform/toolbox', 'a.b/c_d', 'axb/c_d'];
  const globs = ['api', 'shop/*', 'shop/**', '**/api', '**', '*', 'shop*/api', 'sh?p/web', 'a.b/*', '***', 'shop/**/api', '**api', 'a**d'];
  it.each(globs)('take for %s the repositories that the hub takes', (glob) => {
    const hub = new Globs([glob]);
    expect(names.filter(globMatcher([glob]))).toEqual(names.filter((name) => hub.matches(name)));
  });

  const values = { registry: 'registry.acme.io:5000', repository: 'shop/api', tag: 'v1.8.2-rc', time: Date.UTC(2026, 10, 21, 9, 5, 7) };
  const digest = 'sha256:4f0c8a61d2b95e7730d1c2a4b6e8f90123456789abcdef0123456789abcdef01';
  it.each([
    ['repository', '{repository}'],
    ['repository', 'mirror/{repository}'],
    ['repository', '{repository/shop/prod}'],
    ['repository', 'all/{name}'],
    ['repository', '{repository#shop/}'],
    ['repository', String.raw`{repository/shop\//}`],
    ['repository', '{registry}/{name}'],
    ['tag', '{tag}'],
    ['tag', '{tag#v}'],
    ['tag', '{tag%-rc}'],
    ['tag', '{name}-{tag}'],
    ['tag', '{repository}'],
    ['tag', '{date:yyyyMMdd-HHmm}'],
    ['tag', '{date}'],
    ['tag', '{digest:12}'],
    ['tag', 'stable'],
  ] as const)('make of the %s rule %s the name that the hub makes', (kind, rule) => {
    expect(renderName(rule, kind, values)).toEqual({ name: parseTagRule(rule, kind).render({ ...values, digest }) });
  });
});
