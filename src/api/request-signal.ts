import type { FastifyReply } from 'fastify';

const signals = new WeakMap<FastifyReply, AbortSignal>();

/**
 * Aborts when the caller hangs up before the answer was finished, so that work for nobody stops. Not `request.signal`: that
 * one aborts as soon as the body of the request has been read.
 */
export function requestSignal(reply: FastifyReply): AbortSignal {
  let signal = signals.get(reply);
  if (!signal) {
    const controller = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) controller.abort(new DOMException('The caller hung up.', 'AbortError'));
    });
    signal = controller.signal;
    signals.set(reply, signal);
  }
  return signal;
}
