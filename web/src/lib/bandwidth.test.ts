import { describe, expect, it } from 'vitest';
import { parseBandwidth, writeBandwidth } from './bandwidth.ts';

describe('speeds', () => {
  it('are read as people write them', () => {
    expect(['20 MiB/s', '5M', '800 kB', '1.5 Gi/s', '2048', '3 bytes'].map(parseBandwidth)).toEqual([
      20 * 1024 ** 2,
      5e6,
      800e3,
      1.5 * 1024 ** 3,
      2048,
      3,
    ]);
    expect(['fast', '', '-1 MB', '1 TB', '5 M/h', '10 mbps'].map(parseBandwidth)).toEqual(Array.from({ length: 6 }));
  });

  it('are written so that they are read as the same', () => {
    for (const bytes of [1, 1024, 4_500_000, 20 * 1024 ** 2, 1_234_567]) expect(parseBandwidth(writeBandwidth(bytes))).toBe(bytes);
    expect([20 * 1024 ** 2, 4_500_000, 800_000].map(writeBandwidth)).toEqual(['20 MiB/s', '4.5 MB/s', '800 kB/s']);
  });
});
