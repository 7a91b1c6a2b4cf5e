import type { Dispatcher } from 'undici';
import { TransportError } from './errors.ts';
import { redactUrl } from './redact.ts';

/** Most bytes of an error's body that are read. */
export const maxErrorBytes = 64 * 1024;

/**
 * Reads a body of at most `limit` bytes, counted as they come: what is announced may be wrong.
 *
 * @param cut Takes the first `limit` bytes of a larger one instead of failing.
 * @throws TransportError `invalid_answer`
 */
export async function readBody(response: Dispatcher.ResponseData, url: URL, limit: number, cut: boolean): Promise<Uint8Array> {
  const declared = Number(response.headers['content-length'] ?? 0);
  if (!cut && declared > limit) {
    response.body.destroy();
    throw tooLarge(url, limit);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop destroys the body and with it the connection.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) {
      if (!cut) throw tooLarge(url, limit);
      chunks.push(chunk.subarray(0, chunk.length - (size - limit)));
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(url: URL, limit: number): TransportError {
  return new TransportError(`${url.host} answered with more than the ${limit} bytes that are accepted here.`, {
    code: 'invalid_answer',
    retry: 'never',
    context: { host: url.host, url: redactUrl(url), limit },
  });
}

/** Reads what is left of an unwanted body, so that the connection can be used again. Whether that works does not matter. */
export function discard(body: Dispatcher.ResponseData['body'] | undefined): void {
  body?.dump({ limit: maxErrorBytes }).catch(() => body.destroy());
}
