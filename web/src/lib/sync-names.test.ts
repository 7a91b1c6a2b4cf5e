import { describe, expect, it } from 'vitest';
import { renderName } from './sync-names.ts';

const values = { registry: 'registry.acme.io:5000', repository: 'shop/api', tag: 'v1.8.2-rc', time: Date.UTC(2026, 10, 21, 9, 5, 7) };

describe('rules for names', () => {
  it('make names and tags of an image', () => {
    const made = (rule: string, kind: 'repository' | 'tag') => renderName(rule, kind, values);
    expect(made('{repository/shop/prod}', 'repository')).toEqual({ name: 'prod/api' });
    expect(made('{registry}/{name}', 'repository')).toEqual({ name: 'registry.acme.io-5000/api' });
    expect(made('{name}-{tag#v}', 'tag')).toEqual({ name: 'api-1.8.2-rc' });
    expect(made('{repository}', 'tag')).toEqual({ name: 'shop-api' });
    expect(made('{date:yyyyMMdd-HHmm}', 'tag')).toEqual({ name: '20261121-0905' });
  });
  it('say what is wrong with them', () => {
    expect(renderName('{repository}/{tag}', 'repository', values)).toEqual({ problem: '{tag} is not known here.' });
    expect(renderName('{team}', 'tag', values)).toEqual({ problem: '{team} is not known here.' });
    expect(renderName('x-{tag', 'tag', values)).toEqual({ problem: 'A brace is not closed.' });
    expect(renderName('Mirror/{name}', 'repository', values)).toEqual({ problem: '“Mirror/api” cannot be the name of a repository.' });
    expect(renderName('', 'tag', values)).toEqual({ problem: '“” cannot be a tag.' });
  });
});
