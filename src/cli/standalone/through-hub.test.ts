import { describe, expect, it } from 'vitest';
import type { IssuedCredential } from '../../sdk/index.ts';
import { handedOutSource } from './through-hub.ts';

const minute = 60_000;

describe('a credential of a hub', () => {
  it('is asked for once for many requests, again before it ends, and at once when it is refused', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    let asked = 0;
    const issue = async (): Promise<IssuedCredential> => ({
      registry: { id: 'reg_1', name: 'prod' },
      server: 'registry.test',
      hosts: ['registry.test'],
      prefixes: ['registry.test'],
      shared: false,
      kind: 'basic',
      username: 'robot',
      secret: `secret-${++asked}`,
      expiresAt: new Date(now + 4 * minute).toISOString(),
      origin: 'narrowed',
      scope: { pull: true, push: false, repositories: ['a'], narrowed: true },
    });
    const source = handedOutSource(issue, () => now);
    const get = async (renew = false) => {
      const credential = await source({ scopes: [], renew });
      return credential.kind === 'basic' ? credential.password : credential.kind;
    };
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => get())))).toEqual(new Set(['secret-1']));
    now += minute;
    expect(await get()).toBe('secret-1');
    expect(await get(true)).toBe('secret-2');
    expect(await get()).toBe('secret-2');
    now += 2.5 * minute;
    expect(await get()).toBe('secret-3');
  });
});
