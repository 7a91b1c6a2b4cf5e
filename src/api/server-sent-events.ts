import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './problem.ts';
import { requestSignal } from './request-signal.ts';

export interface ServerSentEvent {
  event: string;
  data: unknown;
}

/** Comment lines that keep proxies from closing a quiet stream, and find callers that went away. Milliseconds. */
const heartbeatInterval = 15_000;

/** Does the caller ask for events rather than one JSON answer? */
export function acceptsEvents(request: Pick<FastifyRequest, 'headers'>): boolean {
  return /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(request.headers.accept ?? '');
}

/**
 * Answers with server-sent events until the source ends. The source's signal aborts when the caller hangs up or the hub stops.
 * A failure is sent as `event: problem` with a Problem, and ends the stream.
 *
 * @param options.open answers at once, for sources that may be silent for long. Otherwise the first event is awaited, so that
 * what fails before it is an ordinary problem answer.
 */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  makeSource: (signal: AbortSignal) => AsyncGenerator<ServerSentEvent>,
  options: { open?: boolean } = {},
): Promise<FastifyReply> {
  const signal = AbortSignal.any([requestSignal(reply), request.server.closing]);
  const source = makeSource(signal);
  const first = options.open ? undefined : await source.next();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  const heartbeat = setInterval(() => raw.write(': still here\n\n'), heartbeatInterval);
  const write = async ({ event, data }: ServerSentEvent): Promise<void> => {
    if (raw.destroyed) return;
    if (raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    await new Promise<void>((resolve) => {
      raw.once('drain', resolve);
      raw.once('close', resolve);
    });
  };
  try {
    if (first === undefined) raw.write(': open\n\n');
    else if (!first.done) await write(first.value);
    if (!first?.done) for await (const event of source) await write(event);
  } catch (error) {
    if (!signal.aborted) {
      request.log.warn({ err: error }, 'An event stream failed.');
      await write({ event: 'problem', data: problemOf(error, request.id) });
    }
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
  return reply;
}
