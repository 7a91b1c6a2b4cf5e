import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a fake service sees it: the bytes of the path as sent, never normalised. */
export interface Call {
  method: string;
  /** Path and query as they stood in the request line. */
  target: string;
  url: URL;
  /** Lower-cased names. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string | string[]>>;
  /** Text as it is; anything else as JSON. */
  body?: unknown;
}

export interface FakeService {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** Every request so far, oldest first. */
  calls: readonly Call[];
  close(): Promise<void>;
}

const maxBody = 1024 * 1024;

/** Serves on a free port of the loopback interface. An exception in the handler is answered as 500 with its message. */
export async function serve(handle: (call: Call) => Answer | Promise<Answer>): Promise<FakeService> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let result: Answer;
    try {
      const call = await read(request, origin);
      calls.push(call);
      result = await handle(call);
    } catch (error) {
      result = { status: 500, body: { message: String(error) } };
    }
    const text = result.body === undefined ? '' : typeof result.body === 'string' ? result.body : JSON.stringify(result.body);
    const type = typeof result.body === 'object' ? { 'content-type': 'application/json' } : {};
    response.writeHead(result.status, { ...type, ...result.headers });
    response.end(request.method === 'HEAD' ? undefined : text);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    calls,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

async function read(request: IncomingMessage, origin: string): Promise<Call> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBody) throw new Error('The body is too large for a fake service');
    chunks.push(chunk);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const target = request.url ?? '/';
  return { method: request.method ?? 'GET', target, url: new URL(target, origin), headers, body: Buffer.concat(chunks).toString('utf8') };
}

/** User and password of Basic authentication; undefined for none. */
export function basicOf(call: Call): { username: string; password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(call.headers['authorization'] ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function bearerOf(call: Call): string | undefined {
  return /^Bearer (\S+)$/i.exec(call.headers['authorization'] ?? '')?.[1];
}
