import type { Principal } from '../access/index.ts';
import type { HubEventMap, HubEventName } from '../core/events.ts';
import { NotFound } from '../core/errors.ts';
import type { ServerSentEvent } from './server-sent-events.ts';
import type { Services } from './services.ts';

/** Most events kept for a reader who does not keep up; beyond that the oldest go, as hints may. */
const longestQueue = 1000;

/**
 * The hub's events as one caller may see them, until the signal aborts: what happens to a registry outside the caller's
 * projects is not told. A removed registry can no longer be looked up, so its removal, an id and nothing else, is told to all.
 *
 * @param callerNow asked at every event, since a stream outlives demotions and sessions; what it throws ends the stream
 */
export async function* visibleEvents(
  callerNow: () => Promise<Principal>,
  services: Services,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const queue: { name: HubEventName; payload: HubEventMap[HubEventName] }[] = [];
  let wake = (): void => {};
  const stopListening = services.events.onAny((name, payload) => {
    if (queue.length >= longestQueue) queue.shift();
    queue.push({ name, payload });
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const next = queue.shift();
      if (!next) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const event = await present(await callerNow(), services, next.name, next.payload);
      if (event) yield event;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stopListening();
  }
}

async function present(
  principal: Principal,
  services: Services,
  type: HubEventName,
  payload: HubEventMap[HubEventName],
): Promise<ServerSentEvent | undefined> {
  const at = new Date(services.clock.now()).toISOString();
  if (type === 'registry.removed') return { event: 'change', data: { type, at, id: payload.id } };
  try {
    const { name } = await services.registries.get(principal, payload.id);
    // Who sees the destination need not see where the copy comes from.
    if ('copy' in payload) await services.copies.get(principal, payload.copy);
    if ('rule' in payload && !payload.removed) await services.syncRules.get(principal, payload.rule);
    return { event: 'change', data: { type, at, ...payload, name } };
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
