import { describe, expect, it } from 'vitest';
import { RegistryError } from '../core/errors.ts';
import { patiently } from './patience.ts';

const throttled = (retryAfter?: number) =>
  new RegistryError('slow down', { code: 'registry_rate_limited', method: 'POST', url: 'https://api.example', retryAfter });

/** Calls that fail with each error in turn, then answer; sleeps are recorded and take no time. */
function trial(...errors: Error[]) {
  const slept: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  let calls = 0;
  const call = async () => {
    calls++;
    const error = errors.shift();
    if (error) throw error;
    return 'answer';
  };
  return { slept, clock, call, calls: () => calls };
}

describe('patiently', () => {
  it('repeats what is throttled, with growing pauses', async () => {
    const { clock, call, slept } = trial(throttled(), throttled(), throttled());
    await expect(patiently({ clock }, call)).resolves.toBe('answer');
    expect(slept).toHaveLength(3);
    for (const [index, pause] of slept.entries()) {
      expect(pause).toBeGreaterThanOrEqual(200 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(400 * 2 ** index);
    }
  });

  it('waits as long as it is told, and gives up at once when that is long', async () => {
    const brief = trial(throttled(1500));
    await patiently({ clock: brief.clock }, brief.call);
    expect(brief.slept).toEqual([1500]);
    const long = trial(throttled(60_000));
    await expect(patiently({ clock: long.clock }, long.call)).rejects.toMatchObject({ code: 'registry_rate_limited' });
    expect(long.slept).toEqual([]);
  });

  it('gives up after five attempts', async () => {
    const { clock, call, calls } = trial(...Array.from({ length: 9 }, () => throttled()));
    await expect(patiently({ clock }, call)).rejects.toMatchObject({ code: 'registry_rate_limited' });
    expect(calls()).toBe(5);
  });

  it('repeats nothing else, and nothing once cancelled', async () => {
    const other = trial(new Error('broken'));
    await expect(patiently({ clock: other.clock }, other.call)).rejects.toThrow('broken');
    expect(other.calls()).toBe(1);
    const cancelled = trial();
    await expect(patiently({ clock: cancelled.clock, signal: AbortSignal.abort() }, cancelled.call)).rejects.toThrow();
    expect(cancelled.calls()).toBe(0);
  });
});
