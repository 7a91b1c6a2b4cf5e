import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { LoginLimiter } from './login-limiter.ts';

function start() {
  const clock = new FakeClock();
  const limiter = new LoginLimiter({ clock });
  /** Milliseconds to wait, 0 when the attempt went through (and counted as failed). */
  const attempt = (name: string, address: string): number => {
    try {
      limiter.attempt(name, address);
      return 0;
    } catch (error) {
      return (error as { retryAfter: number }).retryAfter;
    }
  };
  return { clock, limiter, attempt };
}

describe('the login limiter', () => {
  it('lets some failures pass and doubles the pause after each further one', async () => {
    const { clock, attempt } = start();
    for (let i = 0; i < 6; i++) expect(attempt('ana', `192.0.2.${i}`)).toBe(0);
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000]) {
      expect(attempt('ana', '192.0.2.99')).toBe(pause);
      await clock.advance(pause);
      expect(attempt('ana', '192.0.2.99')).toBe(0);
    }
  });

  it('counts by address whatever the name, an IPv6 network as one', async () => {
    const { attempt } = start();
    for (let i = 0; i < 21; i++) expect(attempt(`name${i}`, `2001:db8:0:1::${i.toString(16)}`)).toBe(0);
    expect(attempt('another', '2001:db8:0:1:ffff::1')).toBe(1000);
    expect(attempt('another', '2001:DB8::2:0:0:0:1')).toBe(0);
    expect(attempt('another', '192.0.2.1')).toBe(0);
  });

  it('does not let many at once slip through', () => {
    const { attempt } = start();
    const through = Array.from({ length: 100 }, () => attempt('ana', '192.0.2.1')).filter((wait) => wait === 0);
    expect(through).toHaveLength(6);
  });

  it('forgets a name after a success, and everything after an hour', async () => {
    const { clock, limiter, attempt } = start();
    for (let i = 0; i < 5; i++) attempt('ana', '192.0.2.1');
    limiter.attempt('ana', '192.0.2.1');
    limiter.succeeded('ana', '192.0.2.1');
    for (let i = 0; i < 6; i++) expect(attempt('ana', '192.0.2.1')).toBe(0);
    expect(attempt('ana', '192.0.2.1')).toBeGreaterThan(0);
    await clock.advance(3_600_001);
    expect(attempt('ana', '192.0.2.1')).toBe(0);
  });

  it('goes on working when there are more names than it remembers', () => {
    const { attempt } = start();
    for (let i = 0; i < 25_000; i++) attempt(`name${i}`, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(attempt('name24999', '10.9.9.9')).toBe(0);
  });
});
