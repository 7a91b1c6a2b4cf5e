import { describe, expect, it } from 'vitest';
import { parseImagePlace, paths } from './paths.ts';

describe('image addresses', () => {
  it('read like references', () => {
    expect(paths.image('prod', { repository: 'shop/api', tag: '1.8.2' })).toBe('/images/prod/shop/api:1.8.2');
    expect(paths.image('prod', { repository: 'shop/api', digest: 'sha256:ab' })).toBe('/images/prod/shop/api@sha256:ab');
    expect(paths.repository('prod eu', 'shop/api')).toBe('/images/prod%20eu/shop/api');
  });
  it('are read back', () => {
    expect(parseImagePlace('shop/api')).toEqual({ repository: 'shop/api' });
    expect(parseImagePlace('shop/api:1.8.2')).toEqual({ repository: 'shop/api', tag: '1.8.2' });
    expect(parseImagePlace('shop/api@sha256:ab')).toEqual({ repository: 'shop/api', digest: 'sha256:ab' });
    expect(parseImagePlace('shop/api:1.8.2@sha256:ab')).toEqual({ repository: 'shop/api', digest: 'sha256:ab' });
    expect(parseImagePlace('shop%2Fapi:v1')).toEqual({ repository: 'shop/api', tag: 'v1' });
    expect(parseImagePlace('a%zz')).toEqual({ repository: 'a%zz' });
  });
});
