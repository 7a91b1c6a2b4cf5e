import { expect, it, vi } from 'vitest';
import { digestOf } from './digest.ts';
import { type BlobSource, SourceReader } from './upload-source.ts';

const bytes = Buffer.from('abcdefghij');

/** Gives its bytes three at a time. */
function sourceOf(content: Uint8Array = bytes, size = content.length) {
  const closed = vi.fn();
  const open = vi.fn<BlobSource['open']>(async (start) => pieces(start));
  async function* pieces(start: number): AsyncGenerator<Uint8Array> {
    try {
      for (let at = start; at < content.length; at += 3) yield content.subarray(at, at + 3);
    } finally {
      closed();
    }
  }
  return { source: { digest: digestOf(content), size, open }, open, closed };
}

async function textOf(reader: SourceReader, start: number, end: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it('opens the source once for all chunks of an upload', async () => {
  const { source, open } = sourceOf();
  const reader = new SourceReader(source, undefined);
  expect([await textOf(reader, 0, 4), await textOf(reader, 4, 8), await textOf(reader, 8, 10)]).toEqual(['abcd', 'efgh', 'ij']);
  expect(open.mock.calls.map(([start]) => start)).toEqual([0]);
});

it('opens it again where bytes have to be sent again, and closes what it leaves', async () => {
  const { source, open, closed } = sourceOf();
  const reader = new SourceReader(source, undefined);
  await textOf(reader, 0, 4);
  expect(await textOf(reader, 2, 6)).toBe('cdef');
  expect(open.mock.calls.map(([start]) => start)).toEqual([0, 2]);
  expect(closed).toHaveBeenCalledTimes(1);
  await reader.close();
  expect(closed).toHaveBeenCalledTimes(2);
});

it('a reading that was broken off leaves nothing to the next', async () => {
  const { source } = sourceOf();
  const reader = new SourceReader(source, undefined);
  for await (const _chunk of reader.read(0, 10)) break;
  expect(await textOf(reader, 3, 10)).toBe('defghij');
});

it('and takes nothing from it when it goes on or ends later', async () => {
  const { source } = sourceOf();
  const reader = new SourceReader(source, undefined);
  const stale = reader.read(0, 10);
  await stale.next();
  const next = reader.read(0, 10);
  expect(Buffer.from((await next.next()).value ?? []).toString()).toBe('abc');
  expect(await stale.next()).toMatchObject({ done: true });
  await stale.return();
  expect(Buffer.from((await next.next()).value ?? []).toString()).toBe('def');
  expect(reader.failure).toBeUndefined();
});

it.each([
  ['shorter', 12, '10 of 12 bytes'],
  ['longer', 8, 'more than 8 bytes'],
])('a source that is %s than it said is no blob', async (_what, size, message) => {
  const reader = new SourceReader(sourceOf(bytes, size).source, undefined);
  await expect(textOf(reader, 0, size)).rejects.toThrow(message);
  expect(reader.failure).toMatchObject({ error: { code: 'integrity' } });
});
