import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net';
import type { KeyPair } from '../support/certificates.ts';

export interface Running extends AsyncDisposable {
  port: number;
  /** `127.0.0.1:port` */
  host: string;
}

/** Serves on an ephemeral port of 127.0.0.1; https with a certificate. */
export async function serve(listener: RequestListener, tls?: KeyPair & { ca?: string; requestCert?: boolean }): Promise<Running> {
  const server = tls ? createHttps({ ...tls, rejectUnauthorized: tls.requestCert === true }, listener) : createHttp(listener);
  return start(server);
}

/** Accepts connections and never says a word. */
export async function serveSilence(): Promise<Running> {
  return start(createTcp());
}

/**
 * A port whose packets go unanswered, as behind a firewall: a process that listens and never accepts, with its queue full, so
 * that the kernel drops further attempts to connect.
 */
export async function serveBlackhole(): Promise<Running> {
  const program = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(data.toString());
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await once(fillers[0] as Socket, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    port,
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** A port that nothing listens on any more. */
export async function closedPort(): Promise<number> {
  const running = await start(createTcp());
  await running[Symbol.asyncDispose]();
  return running.port;
}

async function start(server: Server | ReturnType<typeof createTcp>): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface RegistryOptions {
  /** user → password; absent: open to everybody. */
  users?: Record<string, string>;
  repositories?: Record<string, string[]>;
  /** Answer of `/v2/_catalog`; default 200. */
  catalogStatus?: number;
  /** Answers 403 for tags of these. */
  forbidden?: string[];
  /** Challenge; default Basic when there are users. */
  challenge?: string;
  headers?: Record<string, string>;
}

/** A registry in twenty lines, for failures that a real one does not have. */
export function tinyRegistry(options: RegistryOptions = {}): RequestListener {
  const { users, repositories = { 'team/app': ['1.0', '1.1'] }, headers = {} } = options;
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = new URL(request.url ?? '/', 'http://registry').pathname;
    if (users && !signedIn(request, users)) {
      response.setHeader('www-authenticate', options.challenge ?? 'Basic realm="tiny"');
      return json(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
    }
    if (path === '/v2/') return json(response, 200, {});
    if (path === '/v2/_catalog') {
      return options.catalogStatus
        ? json(response, options.catalogStatus, { errors: [{ code: 'DENIED' }] })
        : json(response, 200, { repositories: Object.keys(repositories) });
    }
    const name = /^\/v2\/(.+)\/tags\/list$/.exec(path)?.[1];
    if (name !== undefined && options.forbidden?.includes(name))
      return json(response, 403, { errors: [{ code: 'DENIED', message: 'requested access is denied' }] });
    if (name !== undefined && repositories[name]) return json(response, 200, { name, tags: repositories[name] });
    return json(response, 404, { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }] });
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function signedIn(request: IncomingMessage, users: Record<string, string>): boolean {
  const decoded = Buffer.from(/^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon > 0 && users[decoded.slice(0, colon)] === decoded.slice(colon + 1);
}

/** An HTTP proxy. Answers CONNECT with a status, or opens the tunnel when there is none to refuse with. */
export async function serveProxy(options: { refuseWith?: number; password?: string } = {}): Promise<Running & { tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createHttp((_request, response) => response.writeHead(405).end());
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    client.on('error', () => {});
    const authorized =
      options.password === undefined ||
      (request.headers['proxy-authorization'] ?? '').endsWith(Buffer.from(`corp:${options.password}`).toString('base64'));
    const status = options.refuseWith ?? (authorized ? undefined : 407);
    if (status !== undefined) return client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    tunnels.push(request.url ?? '');
    const port = Number(request.url?.split(':')[1]);
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client);
      client.pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  return Object.assign(await start(server), { tunnels });
}
