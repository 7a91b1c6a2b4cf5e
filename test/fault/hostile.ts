import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  method: string;
  /** Path with query. */
  path: string;
  headers: IncomingHttpHeaders;
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers whatever it is told to, and remembers what it was sent. */
export interface HostileServer extends AsyncDisposable {
  url: string;
  /** `127.0.0.1:port` */
  host: string;
  received: Received[];
  /** Answers paths that match from now on; what was said last goes first. */
  on(path: string | RegExp, answer: Answer): void;
}

/** Starts one on an ephemeral port of 127.0.0.1. `/v2/` is answered with 200, everything else with 404, until it is told otherwise. */
export async function startHostile(): Promise<HostileServer> {
  const received: Received[] = [];
  const answers: { path: string | RegExp; answer: Answer }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    received.push({ method: request.method ?? '', path, headers: request.headers });
    const found = answers.findLast((one) => (typeof one.path === 'string' ? path.split('?')[0] === one.path : one.path.test(path)));
    (found?.answer ?? notFound)(response, request);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hostile: HostileServer = {
    url: `http://${host}`,
    host,
    received,
    on: (path, answer) => void answers.push({ path, answer }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  hostile.on('/v2/', json({}));
  return hostile;
}

const notFound: Answer = (response) =>
  json({ errors: [{ code: 'NAME_UNKNOWN', message: 'not known' }] }, 404)(response, undefined as never);

/** Answers JSON. Strings and bytes go out as they are. */
export function json(body: unknown, status = 200, headers: Record<string, string | string[]> = {}): Answer {
  return (response) => {
    const bytes = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers }).end(bytes);
  };
}

/** Answers `length` bytes, or ever more of them, in chunks, until the other side hangs up. `sent()` counts. */
export function flood(length = Number.POSITIVE_INFINITY, start = '{"tags":["'): Answer & { sent: () => number } {
  let sent = 0;
  const chunk = Buffer.alloc(256 * 1024, 'a');
  const answer: Answer = (response, request) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    // Node.js drops the body of a HEAD, and never asks to wait for it.
    if (request.method === 'HEAD') return void response.end();
    response.write(start);
    const more = () => {
      while (!response.destroyed && sent < length) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };
  return Object.assign(answer, { sent: () => sent });
}

/** Begins an answer and goes silent. */
export function stall(start = '{"tags":["1.0"'): Answer {
  return (response, request) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    if (request.method === 'HEAD') response.end();
    else response.write(start);
  };
}

/** Begins an answer, then cuts the connection: by a reset, or by an orderly end. */
export function cut(how: 'reset' | 'close', start = '{"tags":["1.0"'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write(start, () => (how === 'reset' ? response.socket?.resetAndDestroy() : response.socket?.end()));
  };
}

/** Whether any of it holds the text, plain or in base64, in headers or address. */
export function holds(received: readonly Received[], text: string): boolean {
  return received.some((one) => {
    const all = JSON.stringify(one);
    const decoded = Buffer.from(/^Basic (.+)$/.exec(one.headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
    return all.includes(text) || all.includes(encodeURIComponent(text)) || decoded.includes(text);
  });
}
