import { expect, it } from 'vitest';
import { copySettingsWords } from './copy-settings-words.ts';

it('names what is not as usual, and nothing else', () => {
  expect(copySettingsWords({})).toBe('');
  expect(copySettingsWords({ verify: 'destination' })).toBe('');
  expect(copySettingsWords({ platforms: ['linux/arm64'], referrers: true, verify: 'always', bandwidth: 1_048_576, quotaReserve: 10 })).toBe(
    'only linux/arm64 · with signatures and SBOMs · bytes checked on their way · at most 1 MiB/s · leaves 10 of the quota',
  );
  expect(copySettingsWords({ platforms: ['a', 'b', 'c', 'd'] })).toBe('4 platforms');
});
