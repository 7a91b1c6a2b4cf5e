import { isIP } from 'node:net';
import { toTransportError } from '../../oci/transport-errors.ts';
import { type Examination, ok, type Outcome, type StepDefinition } from './examination.ts';

/** Resolves the host that sockets go to, and holds its addresses against the hub's policy. */
export const dnsStep: StepDefinition = {
  id: 'dns',
  title: 'Name',
  subject: 'the name',
  async examine(examination): Promise<Outcome> {
    const { url, connection } = examination.subject.configuration;
    const proxy = connection.proxy === undefined ? undefined : new URL(connection.proxy);
    const hostname = bare((proxy ?? url).hostname);
    examination.guard.checkHost(url.hostname);
    if (proxy) await examination.guard.checkProxied(url.hostname);
    if (isIP(hostname) !== 0) {
      examination.guard.checkHost(hostname);
      examination.addresses = [{ address: hostname, family: isIP(hostname) }];
      return ok(`${hostname} is an address: there is no name to look up`);
    }
    const addresses = await resolve(examination, hostname, { url, ...(proxy && { proxy }) });
    examination.addresses = addresses;
    const list = addresses.map(({ address }) => address);
    const more = list.length > 2 ? ` and ${list.length - 2} more` : '';
    return ok(`${hostname} → ${list.slice(0, 2).join(', ')}${more}`, {
      Addresses: list.slice(0, 16).join(', '),
      ...(proxy && { Note: `This is the proxy; it looks up ${url.hostname} itself.` }),
    });
  },
};

async function resolve({ guard, timeouts, signal }: Examination, hostname: string, call: { url: URL; proxy?: URL }) {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    const addresses = await Promise.race([
      guard.resolve(hostname),
      new Promise<never>((_, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        timer = setTimeout(
          () => reject(Object.assign(new Error('no answer from the name server'), { code: 'EAI_AGAIN' })),
          timeouts.connect,
        );
      }),
    ]);
    if (addresses.length === 0) throw Object.assign(new Error('no addresses'), { code: 'ENOTFOUND' });
    return addresses;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw toTransportError(error, call);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
