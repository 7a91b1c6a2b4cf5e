import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents, type StreamedEvent } from './event-stream.ts';

/** An answer whose body arrives in the given pieces. */
function answer(pieces: readonly Uint8Array[]): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
  );
}

async function read(text: string): Promise<StreamedEvent[]> {
  return Array.fromAsync(readEvents(answer([new TextEncoder().encode(text)])));
}

describe('readEvents', () => {
  it('reads names and JSON data, and passes over comments', async () => {
    expect(await read(': open\n\nevent: step\ndata: {"id":"dns"}\n\n: still here\n\ndata: 1\n\n')).toEqual([
      { event: 'step', data: { id: 'dns' } },
      { event: 'message', data: 1 },
    ]);
  });

  it('joins data of several lines, and takes any line break', async () => {
    expect(await read('event: a\r\ndata: [1,\r\ndata: 2]\r\n\r\nevent:b\rdata:3\r\r')).toEqual([
      { event: 'a', data: [1, 2] },
      { event: 'b', data: 3 },
    ]);
  });

  it('drops an event that was cut off', async () => {
    expect(await read('data: 1\n\ndata: 2')).toEqual([{ event: 'message', data: 1 }]);
  });

  it('reads the same however the network cuts the text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }), { maxLength: 5 }),
        fc.array(fc.nat(300), { maxLength: 8 }),
        async (events, cuts) => {
          const bytes = new TextEncoder().encode(events.map((data) => `event: e\r\ndata: ${JSON.stringify(data)}\r\n\r\n`).join(''));
          const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
          const pieces = places.slice(1).map((place, index) => bytes.slice(places[index], place));
          const read = await Array.fromAsync(readEvents(answer(pieces)));
          expect(read).toEqual(events.map((data) => ({ event: 'e', data })));
        },
      ),
    );
  });

  it('closes the answer when the reader stops', async () => {
    let canceled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
      cancel: () => void (canceled = true),
    });
    for await (const event of readEvents(new Response(endless))) {
      expect(event.data).toBe(1);
      break;
    }
    expect(canceled).toBe(true);
  });
});
