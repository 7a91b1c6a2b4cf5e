import { expect, it } from 'vitest';
import { BlobKnowledge, mostBlobs } from './blob-knowledge.ts';

const at = (repository: string, registry = 'https://one.example/#') => ({ registry, repository });

it('knows where a blob is, and where else it could be mounted from', () => {
  const knowledge = new BlobKnowledge();
  knowledge.add(at('shop/api'), 'sha256:a');
  expect(knowledge.has(at('shop/api'), 'sha256:a')).toBe(true);
  expect(knowledge.has(at('shop/web'), 'sha256:a')).toBe(false);
  expect(knowledge.elsewhere(at('shop/web'), 'sha256:a')).toEqual(['shop/api']);
  expect(knowledge.elsewhere(at('shop/web', 'https://two.example/#'), 'sha256:a')).toEqual([]);
});

it('remembers the latest repositories of a blob', () => {
  const knowledge = new BlobKnowledge();
  for (let i = 0; i < 10; i++) knowledge.add(at(`shop/${i}`), 'sha256:a');
  expect(knowledge.elsewhere(at('new'), 'sha256:a')).toEqual(['shop/6', 'shop/7', 'shop/8', 'shop/9']);
});

it('believes nothing for longer than an hour', () => {
  let now = 1_000_000;
  const knowledge = new BlobKnowledge({ clock: { now: () => now } });
  knowledge.add(at('shop/api'), 'sha256:a');
  now += 3_599_000;
  expect(knowledge.has(at('shop/api'), 'sha256:a')).toBe(true);
  now += 1000;
  expect(knowledge.has(at('shop/api'), 'sha256:a')).toBe(false);
  expect(knowledge.elsewhere(at('shop/web'), 'sha256:a')).toEqual([]);
});

it('forgets a repository that was not what it seemed', () => {
  const knowledge = new BlobKnowledge();
  knowledge.add(at('shop/api'), 'sha256:a');
  knowledge.add(at('shop/web'), 'sha256:a');
  knowledge.forget(at('shop/api'));
  expect(knowledge.elsewhere(at('new'), 'sha256:a')).toEqual(['shop/web']);
});

it('holds so many blobs and no more, of all registries together', () => {
  const knowledge = new BlobKnowledge();
  const half = mostBlobs / 2;
  for (let i = 0; i < half + 1000; i++) knowledge.add(at('shop/api'), `sha256:${i}`);
  for (let i = 0; i < half; i++) knowledge.add(at('shop/api', 'https://two.example/#'), `sha256:${i}`);
  const knows = (i: number, registry?: string) => knowledge.has(at('shop/api', registry), `sha256:${i}`);
  expect([knows(999), knows(1000)]).toEqual([false, true]);
  expect([knows(0, 'https://two.example/#'), knows(half - 1, 'https://two.example/#')]).toEqual([true, true]);
});
