import { describe, expect, it } from 'vitest';
import type { CopyEvent } from '../../oci/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ProgressMeter } from './progress.ts';

type Digest = Extract<CopyEvent, { kind: 'bytes' }>['digest'];
const a = `sha256:${'a'.repeat(64)}` as Digest;
const b = `sha256:${'b'.repeat(64)}` as Digest;
const layer = 'application/vnd.oci.image.layer.v1.tar+gzip';
const mebibyte = 1024 * 1024;

const found = (digest: Digest, size: number): CopyEvent => ({ kind: 'found', piece: 'blob', digest, size, mediaType: layer });
const started = (digest: Digest, size: number): CopyEvent => ({ kind: 'started', piece: 'blob', digest, size });
const finished = (digest: Digest, size: number, outcome: 'uploaded' | 'present'): CopyEvent => ({
  kind: 'finished',
  piece: 'blob',
  digest,
  size,
  outcome,
});

describe('ProgressMeter', () => {
  it('counts what is found, on its way and done', () => {
    const meter = new ProgressMeter(new FakeClock());
    meter.take(found(a, 100));
    meter.take(found(b, 50));
    meter.take(started(a, 100));
    meter.take({ kind: 'bytes', digest: a, count: 40 });
    meter.take(finished(b, 50, 'present'));
    expect(meter.snapshot()).toMatchObject({
      blobs: { total: 2, done: 1 },
      bytes: { total: 150, done: 90, sent: 40 },
      active: [{ digest: a, size: 100, sent: 40 }],
    });
    meter.take({ kind: 'bytes', digest: a, count: 60 });
    meter.take(finished(a, 100, 'uploaded'));
    expect(meter.snapshot()).toMatchObject({ blobs: { total: 2, done: 2 }, bytes: { total: 150, done: 150, sent: 100 }, active: [] });
  });

  it('counts a blob once that is looked for again, and takes back what is sent again', () => {
    const meter = new ProgressMeter(new FakeClock());
    meter.take(found(a, 100));
    meter.take(started(a, 100));
    meter.take({ kind: 'bytes', digest: a, count: 80 });
    meter.take({ kind: 'bytes', digest: a, count: -80 });
    meter.take(found(a, 100));
    expect(meter.snapshot()).toMatchObject({ blobs: { total: 1, done: 0 }, bytes: { total: 100, done: 0, sent: 0 } });
  });

  it('measures the speed of the last seconds, and none once nothing moves', async () => {
    const clock = new FakeClock();
    const meter = new ProgressMeter(clock);
    meter.take(found(a, 100 * mebibyte));
    meter.take(started(a, 100 * mebibyte));
    for (let second = 0; second < 20; second++) {
      for (let part = 0; part < 10; part++) {
        await clock.advance(100);
        meter.take({ kind: 'bytes', digest: a, count: mebibyte / (second < 10 ? 10 : 5) });
      }
    }
    const { speed } = meter.snapshot();
    expect(speed / mebibyte).toBeGreaterThan(1.9);
    expect(speed / mebibyte).toBeLessThan(2.1);
    await clock.advance(10_000);
    expect(meter.snapshot().speed).toBe(0);
  });

  it('does not count the offset of an upload that was taken up as sent', async () => {
    const clock = new FakeClock();
    const meter = new ProgressMeter(clock);
    meter.take(started(a, 100 * mebibyte));
    await clock.advance(1000);
    meter.take({ kind: 'resumed', digest: a, count: 60 * mebibyte });
    meter.take({ kind: 'bytes', digest: a, count: 65_536 });
    const { speed, bytes } = meter.snapshot();
    expect(bytes).toMatchObject({ done: 60 * mebibyte + 65_536, sent: 65_536 });
    expect(speed).toBe(65_536);
  });

  it('remembers what earlier attempts had sent', () => {
    const meter = new ProgressMeter(new FakeClock(), { blobs: 1, bytes: 500 });
    meter.take(found(a, 500));
    meter.take(finished(a, 500, 'present'));
    meter.take(found(b, 70));
    meter.take(started(b, 70));
    meter.take({ kind: 'bytes', digest: b, count: 70 });
    meter.take(finished(b, 70, 'uploaded'));
    expect(meter.snapshot()).toMatchObject({ bytes: { total: 570, done: 570, sent: 570 }, earlier: { blobs: 2, bytes: 570 } });
  });

  it('shows at most 12 blobs on their way, and each note once', () => {
    const meter = new ProgressMeter(new FakeClock());
    for (let i = 10; i < 40; i++) meter.take(started(`sha256:${String(i).repeat(32)}` as Digest, 1));
    for (let i = 0; i < 3; i++) meter.take({ kind: 'note', message: 'The index is rebuilt.' });
    expect(meter.snapshot().active).toHaveLength(12);
    expect(meter.snapshot().notes).toEqual(['The index is rebuilt.']);
  });
});
