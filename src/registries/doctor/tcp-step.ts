import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { toTransportError } from '../../oci/transport-errors.ts';
import { type Examination, ok, type StepDefinition } from './examination.ts';
import { openTunnel, proxyOf } from './proxy-tunnel.ts';
import { connectTcp, portOf } from './socket.ts';

/** Addresses of one host that are tried, each for its share of the time. */
const mostAddresses = 4;

/** Connects to the first address that accepts; through a proxy, also asks it for the way to the registry. */
export const tcpStep: StepDefinition = {
  id: 'tcp',
  title: 'Connection',
  subject: 'the connection',
  async examine(examination) {
    const { url, connection } = examination.subject.configuration;
    const proxy = proxyOf(examination);
    const target = proxy ?? url;
    const port = portOf(target);
    const { address, socket, failed } = await connectFirst(examination, port, { url, ...(proxy && { proxy }) });
    socket.destroy();
    examination.address = address;
    const tried = failed === 0 ? undefined : `${failed} other ${failed === 1 ? 'address' : 'addresses'} did not answer`;
    const where = address.family === 6 ? `[${address.address}]:${port}` : `${address.address}:${port}`;
    if (!proxy) return ok(`${where} accepts connections`, { Address: where, Tried: tried });
    if (connection.tls === 'plain') return ok(`The proxy ${proxy.host} accepts connections`, { Proxy: where, Tried: tried });
    const tunnel = await openTunnel(examination);
    tunnel.destroy();
    return ok(`The proxy ${proxy.host} connects to ${url.host}`, { Proxy: where, Tried: tried });
  },
};

async function connectFirst(
  { addresses, timeouts, signal }: Examination,
  port: number,
  call: { url: URL; proxy?: URL },
): Promise<{ address: LookupAddress; socket: Socket; failed: number }> {
  const tries = addresses.slice(0, mostAddresses);
  let failure: unknown;
  for (const [failed, address] of tries.entries()) {
    try {
      const socket = await connectTcp(address, port, { timeout: timeouts.connect / tries.length, signal });
      return { address, socket, failed };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      failure = error;
    }
  }
  throw toTransportError(failure, call);
}
