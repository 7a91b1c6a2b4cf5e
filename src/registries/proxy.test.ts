import { describe, expect, it } from 'vitest';
import { parseProxy, proxyWithPassword } from './proxy.ts';

describe('parseProxy', () => {
  it('takes the password apart and puts it together again', () => {
    const { proxy, password } = parseProxy('corp:p%40ss%3A@proxy.test:3128/');
    expect({ proxy, password }).toEqual({ proxy: 'http://corp@proxy.test:3128', password: 'p@ss:' });
    expect(proxyWithPassword(proxy, password).href).toBe('http://corp:p%40ss%3A@proxy.test:3128/');
    expect(parseProxy('https://proxy.test')).toEqual({ proxy: 'https://proxy.test' });
  });

  it.each([
    'socks5://proxy.test',
    'http://proxy.test/path',
    'http://proxy.test?x',
    'http://a b',
    'http://u:%zz-secret@proxy.test',
    'http://',
  ])('refuses %s without repeating it', (text) => {
    expect(() => parseProxy(text)).toThrow(
      expect.objectContaining({ fields: [expect.objectContaining({ field: 'connection.proxy' })] }) as Error,
    );
    expect(() => parseProxy(text)).not.toThrow(/secret/);
  });
});
