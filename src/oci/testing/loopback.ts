import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` or `https://localhost:<port>`. */
  url: string;
  host: string;
  port: number;
  requests: SeenRequest[];
  /** Sockets accepted so far. */
  connections: () => number;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A server for one test, on a free port of the loopback interface. Ends with the block that holds it (`await using`). */
export async function serve(handler: Handler, tls?: ServerOptions): Promise<LoopbackServer> {
  const requests: SeenRequest[] = [];
  const listener: RequestListener = (message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const seen = {
        method: message.method ?? '',
        url: message.url ?? '',
        headers: message.headers,
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(seen);
      const answer = async () => handler(seen, response);
      answer().catch((error: unknown) => response.destroy(error as Error));
    });
  };
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = tls ? `localhost:${port}` : `127.0.0.1:${port}`;
  return {
    url: `${tls ? 'https' : 'http'}://${host}`,
    host,
    port,
    requests,
    connections: () => accepted,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string | string[]> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Resolves every name to loopback, except those given. No packet leaves the machine. */
export function loopbackLookup(
  names: Readonly<Record<string, readonly string[]>> = {},
): (hostname: string) => Promise<{ address: string; family: number }[]> {
  return (hostname) => {
    const addresses = names[hostname] ?? ['127.0.0.1'];
    if (addresses.length === 0) return Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }));
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
}

/** A clock that stands until told otherwise; sleeping moves it at once. */
export class TestClock {
  time: number;
  readonly sleeps: number[] = [];

  constructor(time = Date.UTC(2026, 0, 1)) {
    this.time = time;
  }

  readonly now = (): number => this.time;

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    this.sleeps.push(ms);
    this.time += ms;
    return Promise.resolve();
  };
}

/** The error that the promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string; context?: Record<string, unknown> }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail.');
}

/** All names of a listing. */
export async function collect(pages: AsyncIterable<readonly string[]>): Promise<string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
