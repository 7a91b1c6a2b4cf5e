import { describe, expect, it } from 'vitest';
import type { Copy, CopyOutcome, CopyProgress } from '../api/types.ts';
import {
  blobWords,
  canRetry,
  causeWords,
  copyState,
  destinationName,
  failureSide,
  nextTryWords,
  planWords,
  progressWords,
  shareDone,
  sourceName,
  timeLeft,
  tookTime,
} from './copy-words.ts';

const mebibyte = 1024 * 1024;
const digest = `sha256:${'4f0c'.repeat(16)}`;

const copy: Copy = {
  id: 'cpy_1',
  group: 'cpg_1',
  source: { registryId: 'reg_1', registry: 'staging', repository: 'shop/api', reference: '1.8.2' },
  destination: { registryId: 'reg_2', registry: 'production', repository: 'shop/api', tags: ['1.8.2'] },
  settings: {},
  cause: 'promotion',
  by: { kind: 'user', id: 'usr_1', name: 'ana' },
  state: 'running',
  canceling: false,
  attempts: 1,
  createdAt: '2026-03-04T12:00:00.000Z',
};

const outcome: CopyOutcome = {
  digest,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  outcome: 'copied',
  rebuilt: false,
  blobs: { uploaded: 0, mounted: 0, present: 0, skipped: 0 },
  manifests: { pushed: 1, present: 0 },
  referrers: 0,
  bytes: { moved: 0, saved: 0 },
  requests: { source: 1, destination: 1 },
};

const progress = (done: number, total: number, speed: number, active = 1): CopyProgress => ({
  blobs: { total: 3, done: 1 },
  bytes: { total, done, sent: done },
  speed,
  active: Array.from({ length: active }, () => ({ digest, size: total, sent: done })),
  notes: [],
});

describe('a copy in words', () => {
  it('names both ends', () => {
    expect(sourceName(copy.source)).toBe('shop/api:1.8.2');
    expect(sourceName({ ...copy.source, reference: digest })).toBe('shop/api@sha256:4f0c4f0c4f0c');
    expect(destinationName(copy.destination)).toBe('shop/api:1.8.2');
    expect(destinationName({ ...copy.destination, tags: [] })).toBe('shop/api (by digest only)');
    expect(destinationName({ ...copy.destination, tags: ['1.8.2', 'stable'] })).toBe('shop/api:1.8.2 and :stable');
    expect(destinationName({ ...copy.destination, tags: ['a', 'b', 'c'] })).toBe('shop/api:a and 2 more tags');
  });

  it('tells the states apart', () => {
    const words = (patch: Partial<Copy>) => copyState({ ...copy, ...patch }).text;
    expect(words({ state: 'queued' })).toBe('waiting');
    expect(words({ state: 'queued', nextAttemptAt: copy.createdAt })).toBe('tries again');
    expect(words({ canceling: true })).toBe('stopping');
    expect(words({ state: 'canceled', canceling: true })).toBe('canceled');
    expect(words({ state: 'done', result: outcome })).toBe('copied');
    expect(words({ state: 'done', result: { ...outcome, outcome: 'unchanged' } })).toBe('was there');
    expect(copyState({ ...copy, state: 'failed' })).toEqual({ text: 'failed', kind: 'bad' });
    expect((['queued', 'running', 'done', 'failed', 'canceled'] as const).filter((state) => canRetry({ state }))).toEqual([
      'failed',
      'canceled',
    ]);
  });

  it('says who wanted it, and which side failed', () => {
    expect(causeWords(copy)).toBe('promoted by ana');
    expect(failureSide({ code: 'registry_full', message: '' }, copy)).toBe('The copy failed');
    expect(failureSide({ code: 'registry_full', message: '', side: 'destination' }, copy)).toBe('The destination, production, failed');
  });

  it('says when it is tried again, also when that is at once', () => {
    const now = Date.parse(copy.createdAt);
    expect(nextTryWords('2026-03-04T12:02:00.000Z', now)).toBe('in 2 min');
    expect(['2026-03-04T12:00:30.000Z', copy.createdAt, '2026-03-04T11:59:00.000Z'].map((time) => nextTryWords(time, now))).toEqual([
      'in a moment',
      'in a moment',
      'in a moment',
    ]);
  });

  it('measures the running time without the waiting', () => {
    expect(tookTime(copy, 0)).toBeUndefined();
    const started = { startedAt: '2026-03-04T12:00:10.000Z' };
    expect(tookTime(started, Date.parse('2026-03-04T12:00:12.000Z'))).toBe(2000);
    expect(tookTime({ ...started, finishedAt: '2026-03-04T12:01:10.000Z' }, 0)).toBe(60_000);
  });
});

describe('progress', () => {
  it('shows bytes, speed and what is left', () => {
    const running = progress(120 * mebibyte, 300 * mebibyte, 20 * mebibyte);
    expect(timeLeft(running)).toBe(9000);
    expect(shareDone(running)).toBe(0.4);
    expect(progressWords(running)).toBe('120 MiB of 300 MiB · 20.0 MiB/s · 9 s left');
  });

  it('invents no speed, and says when nothing is on its way', () => {
    expect(progressWords(progress(mebibyte, 2 * mebibyte, 0))).toBe('1.0 MiB of 2.0 MiB');
    expect(progressWords(progress(mebibyte, 2 * mebibyte, 0, 0))).toBe('1.0 MiB of 2.0 MiB · nothing on its way now');
    expect(shareDone(progress(0, 0, 0))).toBeUndefined();
    expect(shareDone(undefined)).toBeUndefined();
  });
});

describe('what a copy would do', () => {
  it('counts what moves, what is saved and what it costs', () => {
    const result = { ...outcome, bytes: { moved: 61 * mebibyte, saved: 12 * mebibyte } };
    expect(planWords({ result })).toBe('61.0 MiB to move · 12.0 MiB there already');
    expect(planWords({ result, quota: { cost: 3, limit: 100, remaining: 42 } })).toMatch(
      / · costs 3 of the source’s 42 requests that are left$/,
    );
    expect(planWords({ result: { ...outcome, outcome: 'unchanged' } })).toBe('Everything is there already: nothing would be moved');
    expect(planWords({})).toBe('');
  });

  it('speaks of blobs by what became of them', () => {
    expect(blobWords(outcome)).toBe('no blobs');
    expect(blobWords({ blobs: { uploaded: 4, mounted: 1, present: 2, skipped: 0 } })).toBe(
      '4 blobs sent, 1 blob taken over within the registry, 2 blobs there already',
    );
  });
});
