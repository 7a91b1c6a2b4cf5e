import { describe, expect, it } from 'vitest';
import { expectedVersion } from './etag.ts';

const version = (ifMatch?: string) => expectedVersion({ headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } });

describe('expectedVersion', () => {
  it('reads the version of an ETag', () => {
    expect(version('"7"')).toBe(7);
    expect(version(' W/"12" ')).toBe(12);
  });

  it('is undefined where any version will do', () => {
    expect(version()).toBeUndefined();
    expect(version('*')).toBeUndefined();
  });

  it.each(['7', '"seven"', '"1", "2"', '""', '"-1"', `"${'9'.repeat(20)}"`])('refuses %s', (text) => {
    expect(() => version(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
