import type { LookupAddress } from 'node:dns';
import { connect, type Socket } from 'node:net';

export interface Limits {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
}

/**
 * Waits for one event of a socket. Destroys the socket when it fails, when time is over (error code ETIMEDOUT) or when the
 * signal aborts (its reason).
 */
export function socketEvent(socket: Socket, event: string, { timeout, signal }: Limits): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onEvent);
      socket.off('error', onError);
      socket.off('close', onClose);
      if (error === undefined) return resolve();
      // Whatever the socket still has to say about its end is of no interest.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onEvent = () => end();
    const onError = (error: Error) => end(error);
    const onClose = () => end(Object.assign(new Error('closed by the other side'), { code: 'ECONNRESET' }));
    const onAbort = () => end(signal.reason ?? new Error('aborted'));
    const timer = setTimeout(() => end(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })), timeout);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once(event, onEvent);
    socket.once('error', onError);
    socket.once('close', onClose);
  });
}

/** Connects to an address that the guard has passed. */
export async function connectTcp(address: LookupAddress, port: number, limits: Limits): Promise<Socket> {
  const socket = connect({ host: address.address, port, family: address.family });
  await socketEvent(socket, 'connect', limits);
  return socket;
}

/**
 * Sends text and collects the beginning of the answer: until `enough` says so, the other side ends, `most` bytes or the time
 * limit. Answers what there is; nothing is an answer too. The socket is destroyed.
 */
export function askSocket(
  socket: Socket,
  request: string,
  { timeout, signal }: Limits,
  enough: (text: string) => boolean,
  most = 16_384,
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      socket.removeAllListeners('data');
      socket.on('error', () => {});
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(end, timeout);
    signal.addEventListener('abort', end, { once: true });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.length >= most || enough(text)) end();
    });
    socket.once('error', end);
    socket.once('close', end);
    socket.write(request);
  });
}

/** `Date` header of an HTTP answer in epoch milliseconds; undefined when there is none. */
export function dateOf(answer: string): number | undefined {
  const text = /^HTTP\/1\.[01] [^]*?\r\ndate: *([^\r\n]+)/i.exec(answer)?.[1];
  const date = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}

/** A request that tells nothing and changes nothing. */
export function pingRequest(url: URL): string {
  const path = `${url.pathname.replace(/\/+$/, '')}/v2/`;
  return `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: tagboat-doctor\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'http:' ? 80 : 443));
}
