import { describe, expect, it } from 'vitest';
import { parseSources } from './registry-fields.ts';

describe('--source', () => {
  it('is the whole credential, or that of a field; nothing behind = ends it', () => {
    expect(parseSources([])).toEqual({ fields: {} });
    expect(parseSources(['exec:login'])).toEqual({ whole: 'exec:login', fields: {} });
    expect(parseSources(['password=vault:secret/ci#password', 'token='])).toEqual({
      fields: { password: 'vault:secret/ci#password', token: null },
    });
  });

  it('is not misled by = in a source', () => {
    expect(parseSources(['file:/run/a=b'])).toEqual({ whole: 'file:/run/a=b', fields: {} });
    expect(parseSources(['docker-config:/a=b', 'secretKey=file:/run/a=b'])).toEqual({
      whole: 'docker-config:/a=b',
      fields: { secretKey: 'file:/run/a=b' },
    });
  });

  it('names each thing once', () => {
    expect(() => parseSources(['exec:a', 'exec:b'])).toThrow(/two places/);
    expect(() => parseSources(['password=exec:a', 'password=exec:b'])).toThrow(/twice/);
  });
});
