import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './exchange.ts';
import type { FaultEffect } from './faults.ts';

/** The request's body; with `cutAt` the connection is reset once so many bytes have come. */
export async function* requestBody(request: IncomingMessage, cutAt?: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  if (cutAt === 0) cut(request);
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (cutAt !== undefined && size + chunk.byteLength >= cutAt) {
      yield chunk.subarray(0, cutAt - size);
      cut(request);
    }
    size += chunk.byteLength;
    yield chunk;
  }
}

function cut(request: IncomingMessage): never {
  request.socket.resetAndDestroy();
  throw new Error('connection cut by a scripted fault');
}

/** Writes an answer, or the part of it that a fault lets through. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  { cutAnswer, chunked }: Pick<FaultEffect, 'cutAnswer' | 'chunked'>,
): Promise<void> {
  // The rest of a body that nobody read would be taken for the next request on this connection.
  request.resume();
  const body = reply.body ?? new Uint8Array();
  const bodiless = reply.status === 204 || reply.status === 304;
  response.writeHead(reply.status, { ...reply.headers, ...(!bodiless && !chunked && { 'content-length': String(body.byteLength) }) });
  if (!cutAnswer || request.method === 'HEAD') {
    response.end(request.method === 'HEAD' || bodiless ? undefined : body);
    return;
  }
  response.flushHeaders();
  if (cutAnswer.at > 0) {
    await new Promise<void>((resolve) => response.write(body.subarray(0, cutAnswer.at), () => resolve()));
  }
  // A reset overtakes what was written but not yet read; give the peer a moment to read it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (cutAnswer.how === 'reset') request.socket.resetAndDestroy();
  else request.socket.end();
}
