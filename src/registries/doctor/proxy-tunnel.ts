import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TransportError } from '../../core/errors.ts';
import { toTransportError } from '../../oci/transport-errors.ts';
import type { Examination } from './examination.ts';
import { connectTcp, portOf, socketEvent } from './socket.ts';

/** The proxy with its password; undefined when there is none. */
export function proxyOf({ subject }: Examination): URL | undefined {
  return subject.client.proxy === undefined ? undefined : new URL(subject.client.proxy);
}

/**
 * A socket to the registry: straight to its address, or through the proxy by CONNECT. Not encrypted yet.
 *
 * @throws TransportError `proxy_refused`, `proxy_unauthorized` and those of connecting.
 */
export async function openTunnel(examination: Examination): Promise<Socket> {
  const { address, timeouts, signal, subject } = examination;
  const { url } = subject.configuration;
  const proxy = proxyOf(examination);
  if (!address) throw new Error('The connection step has not run.');
  const limits = { timeout: timeouts.connect, signal };
  const call = { url, ...(proxy && { proxy }) };
  try {
    const target = proxy ?? url;
    const socket = await connectTcp(address, portOf(target), limits);
    if (!proxy) return socket;
    const way = proxy.protocol === 'https:' ? await secure(socket, proxy, limits) : socket;
    await askForTunnel(way, url, proxy, limits);
    return way;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw toTransportError(error, call);
  }
}

async function secure(socket: Socket, proxy: URL, limits: { timeout: number; signal: AbortSignal }): Promise<Socket> {
  const tls = connectTls({ socket, servername: proxy.hostname, ALPNProtocols: ['http/1.1'] });
  await socketEvent(tls, 'secureConnect', limits);
  return tls;
}

async function askForTunnel(socket: Socket, url: URL, proxy: URL, limits: { timeout: number; signal: AbortSignal }): Promise<void> {
  const authority = `${url.hostname}:${portOf(url)}`;
  const sign = proxy.username === '' ? '' : `Proxy-Authorization: Basic ${basic(proxy)}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${sign}\r\n`);
  const head = await readHead(socket, limits);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  if (status >= 200 && status < 300) return;
  socket.on('error', () => {});
  socket.destroy();
  if (status === 407) {
    throw new TransportError(`The proxy ${proxy.host} asks for a user name and password, or refused those given.`, {
      code: 'proxy_unauthorized',
      retry: 'after-change',
    });
  }
  const answer = status === 0 ? 'did not answer like an HTTP proxy' : `answered with status ${status}`;
  throw new TransportError(`The proxy ${proxy.host} refused to connect to ${authority}: it ${answer}.`, {
    code: 'proxy_refused',
    retry: 'after-change',
    context: { status },
  });
}

/** Reads up to the empty line, byte by byte, so that nothing of the tunnel's own content is taken. At most 8 KiB. */
async function readHead(socket: Socket, limits: { timeout: number; signal: AbortSignal }): Promise<string> {
  let head = '';
  while (!head.includes('\r\n\r\n') && head.length < 8192) {
    const chunk = socket.read(1) as Buffer | null;
    if (chunk) head += chunk.toString('latin1');
    else if (socket.readableEnded) break;
    else await socketEvent(socket, 'readable', limits);
  }
  return head;
}

function basic(proxy: URL): string {
  return Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64');
}
