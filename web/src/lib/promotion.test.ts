import { describe, expect, it } from 'vitest';
import type { Copy } from '../api/types.ts';
import { lastPromotion, untagged } from './promotion.ts';

const hash = '4f0c99ab'.repeat(8);

function copy(patch: Partial<Copy> & { to?: string; tags?: string[]; reference?: string; name?: string }): Copy {
  const { to = 'reg_prod', tags = ['1.8.1'], reference = '1.8.1', name = 'shop/api', ...rest } = patch;
  return {
    id: `cpy_${to}_${tags.join()}`,
    group: 'cpg_1',
    source: { registryId: 'reg_staging', registry: 'staging', repository: 'shop/api', reference },
    destination: { registryId: to, registry: to, repository: name, tags },
    settings: {},
    cause: 'promotion',
    by: { kind: 'user', name: 'ana' },
    state: 'done',
    canceling: false,
    attempts: 1,
    createdAt: '2026-11-21T09:30:12.000Z',
    ...rest,
  };
}

const rules = (...copies: Copy[]) =>
  lastPromotion(copies, 'reg_staging', 'shop/api').destinations.map(({ registry, repository, tags }) => [registry, repository, tags]);

describe('where images went the last time', () => {
  it('takes the destinations of the newest group, in the order in which they were asked for', () => {
    expect(
      rules(copy({ group: 'cpg_2', to: 'reg_b' }), copy({ group: 'cpg_2', to: 'reg_a' }), copy({ group: 'cpg_1', to: 'reg_old' })),
    ).toEqual([
      ['reg_a', '{repository}', '{tag}'],
      ['reg_b', '{repository}', '{tag}'],
    ]);
  });

  it('makes rules of names again', () => {
    const tags = ['1.8.1', '1.8.1-20261121', '20261121-0930', `1.8.1-${hash.slice(0, 12)}`, 'stable', 'v1.8.10'];
    const result = { digest: `sha256:${hash}` } as Copy['result'];
    expect(rules(copy({ tags, name: 'prod/api', ...(result && { result }) }))).toEqual([
      ['reg_prod', 'prod/api', '{tag}, {tag}-{date:yyyyMMdd}, {date:yyyyMMdd-HHmm}, {tag}-{digest:12}, stable, v1.8.10'],
    ]);
  });

  it('prefers promotions to what was copied for once, and takes that where there is nothing else', () => {
    const once = copy({ cause: 'person', to: 'reg_once', group: 'cpg_9' });
    expect(rules(once, copy({}))).toEqual([['reg_prod', '{repository}', '{tag}']]);
    expect(rules(once)).toEqual([['reg_once', '{repository}', '{tag}']]);
  });

  it('leaves out what was canceled, what came here from elsewhere, and registries that are gone', () => {
    const gone = copy({});
    delete gone.destination.registryId;
    const other = copy({ source: { registryId: 'reg_prod', registry: 'production', repository: 'shop/api', reference: '1' } });
    expect(rules(copy({ state: 'canceled' }), other, gone)).toEqual([]);
  });

  it('leaves out rules that need a tag, for what is known by its digest only', () => {
    const tags = '{tag}, {tag#v}-eu, stable, {date:yyyyMMdd}, {tagline}';
    expect(untagged([{ key: 1, registry: 'reg_prod', repository: '{repository}', tags }])).toMatchObject([
      { tags: 'stable, {date:yyyyMMdd}, {tagline}' },
    ]);
  });

  it('keeps how it was done', () => {
    expect(lastPromotion([copy({ settings: { referrers: true } })], 'reg_staging', 'shop/api').settings).toEqual({ referrers: true });
    expect(lastPromotion([], 'reg_staging', 'shop/api')).toEqual({ destinations: [], settings: {} });
  });
});
