import { describe, expect, it } from 'vitest';
import type { SearchHit } from '../api/types.ts';
import { hitPath, hitWords } from './search-hit.ts';

const hit = (more: Partial<SearchHit>): SearchHit => ({ kind: 'registry', registryId: '1', registry: 'prod', text: '', ...more });

describe('search hits', () => {
  it('lead to the page of what they name', () => {
    expect(hitPath(hit({}))).toBe('/registries/prod');
    expect(hitPath(hit({ kind: 'repository', repository: 'shop/api' }))).toBe('/images/prod/shop/api');
    expect(hitPath(hit({ kind: 'tag', repository: 'shop/api', tag: '1.2' }))).toBe('/images/prod/shop/api:1.2');
    expect(hitPath(hit({ kind: 'digest', repository: 'shop/api', digest: 'sha256:ab' }))).toBe('/images/prod/shop/api@sha256:ab');
  });
  it('are called as people write references', () => {
    expect(hitWords(hit({ kind: 'tag', repository: 'shop/api', tag: '1.2' }))).toEqual({ label: 'shop/api:1.2', place: 'prod' });
  });
});
