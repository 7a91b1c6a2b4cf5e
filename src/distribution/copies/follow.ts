import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import type { HubEvents } from '../../core/events.ts';
import type { Copy } from './types.ts';

/** Between two looks at a copy that this process makes, and at one that another hub makes. Milliseconds. */
const lookEvery = 250;
const lookElsewhereEvery = 1000;

interface Following {
  read: () => Promise<Copy>;
  /** Whether this process makes it, and so knows how far it is at any time. */
  isLive: () => boolean;
  events: Pick<HubEvents, 'on'>;
  clock: Clock;
}

/** The copy now, then whenever it is not as it was, until it has ended. */
export async function* follow(
  { read, isLive, events, clock }: Following,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Copy, void, undefined> {
  let ended = new AbortController();
  const stopListening = events.on('copy.changed', ({ copy, state }) => {
    // That it ended is told at once; all else keeps its pace.
    if (copy === id && state !== 'running' && state !== 'queued') ended.abort();
  });
  try {
    let last: Copy | undefined;
    while (!signal.aborted) {
      ended = new AbortController();
      const now = await read();
      if (!isDeepStrictEqual(now, last)) yield now;
      if (now.finishedAt !== undefined) return;
      last = now;
      const woken = AbortSignal.any([signal, ended.signal]);
      await clock.sleep(isLive() ? lookEvery : lookElsewhereEvery, woken).catch((error: unknown) => {
        if (!woken.aborted) throw error;
      });
    }
  } finally {
    stopListening();
  }
}
