import { describe, expect, it, vi } from 'vitest';
import type { ProviderHttp } from './http.ts';
import { forget, remember } from './memory.ts';

type Make = () => Promise<{ value: number; until: number }>;

let now = 0;
const clock = { now: () => now, sleep: async () => {} };
const connection = (): ProviderHttp => ({ send: async () => ({ status: 200, headers: {}, text: '' }) });

describe('remember', () => {
  it('issues once until the end, whoever asks', async () => {
    now = 0;
    const http = connection();
    const make = vi.fn<() => Promise<{ value: symbol; until: number }>>(async () => ({ value: Symbol('session'), until: 1000 }));
    const [a, b] = await Promise.all([remember({ http, clock }, 'x', ['s'], make), remember({ http, clock }, 'x', ['s'], make)]);
    expect(a).toBe(b);
    now = 999;
    expect(await remember({ http, clock }, 'x', ['s'], make)).toBe(a);
    now = 1000;
    expect(await remember({ http, clock }, 'x', ['s'], make)).not.toBe(a);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('shares nothing between connections, secrets or names', async () => {
    now = 0;
    const make = vi.fn<Make>(async () => ({ value: 1, until: 1000 }));
    const http = connection();
    await remember({ http, clock }, 'x', ['a', 'b'], make);
    await remember({ http, clock }, 'x', ['ab'], make);
    await remember({ http, clock }, 'x', ['a', undefined, 'b'], make);
    await remember({ http, clock }, 'y', ['a', 'b'], make);
    await remember({ http: connection(), clock }, 'x', ['a', 'b'], make);
    expect(make).toHaveBeenCalledTimes(5);
  });

  it('keeps no failure, and forgets when told', async () => {
    const http = connection();
    const make = vi.fn<Make>(async () => ({ value: 1, until: Number.POSITIVE_INFINITY }));
    await expect(remember({ http, clock }, 'x', [], () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await remember({ http, clock }, 'x', [], make);
    forget(http, 'x');
    await remember({ http, clock }, 'x', [], make);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('does not let the cancellation of one caller fail another', async () => {
    const http = connection();
    const controller = new AbortController();
    const first = remember(
      { http, clock },
      'x',
      [],
      () => new Promise((_resolve, reject) => controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error))),
    );
    const second = remember({ http, clock }, 'x', [], async () => ({ value: 'mine', until: 1 }));
    controller.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect(await second).toBe('mine');
  });
});
