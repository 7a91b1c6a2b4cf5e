import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { AddressPolicy, Lookup } from './client-options.ts';
import { TransportError } from './errors.ts';
import { quote } from './text.ts';

/**
 * Never reached, whatever the policy: cloud metadata services, link-local, "this network", multicast and reserved ranges.
 * A registry address, a redirect or a token server that leads there is an attempt at the hub's own cloud credentials.
 */
const forbidden = blockList(
  [
    ['0.0.0.0', 8],
    ['169.254.0.0', 16],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
    ['100.100.100.200', 32], // Alibaba Cloud
    ['168.63.129.16', 32], // Azure WireServer
    ['192.0.0.192', 32], // Oracle Cloud
  ],
  [
    ['::', 128],
    ['fe80::', 10],
    ['ff00::', 8],
    ['fd00:ec2::', 32], // AWS
    ['fd20:ce::', 32], // Google Cloud
  ],
);

const loopback = blockList([['127.0.0.0', 8]], [['::1', 128]]);

const privateUse = blockList(
  [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
  ],
  [['fc00::', 7]],
);

/** Names of metadata services. A proxy might resolve them where we cannot. */
const forbiddenNames: ReadonlySet<string> = new Set([
  'instance-data',
  'instance-data.ec2.internal',
  'metadata',
  'metadata.goog',
  'metadata.google.internal',
  'metadata.tencentyun.com',
]);

/**
 * Decides which addresses may be connected to. Names are resolved here, the addresses judged, and only judged addresses given to
 * the socket, so that a name cannot change its mind between check and connection (DNS rebinding).
 */
export class AddressGuard {
  readonly #policy: Required<AddressPolicy>;
  readonly #resolve: Lookup;
  /** The host that was judged last, and passed: most calls of a client go to one. */
  #passed: string | undefined;
  readonly #proxied = new Map<string, { verdict: Promise<void>; until: number }>();

  constructor(policy: AddressPolicy = {}, lookup: Lookup = defaultLookup) {
    this.#policy = { allowPrivate: policy.allowPrivate ?? true, allowLoopback: policy.allowLoopback ?? true };
    this.#resolve = lookup;
  }

  /** Why the address is refused; undefined when it may be connected to. */
  refusal(address: string): string | undefined {
    for (const { text, family } of equivalents(address)) {
      if (forbidden.check(text, family)) return 'metadata, link-local and reserved addresses are never connected to';
      if (!this.#policy.allowLoopback && loopback.check(text, family)) return 'loopback addresses are not allowed here';
      if (!this.#policy.allowPrivate && privateUse.check(text, family)) return 'private addresses are not allowed here';
    }
    return undefined;
  }

  /**
   * Judges a host before anything is resolved: names of metadata services, and address literals, which never reach `lookup`.
   *
   * @param host Hostname of a URL; brackets around an IPv6 address are accepted.
   * @throws TransportError `address_denied`.
   */
  checkHost(host: string): void {
    if (host === this.#passed) return;
    this.#judgeHost(host);
    this.#passed = host;
  }

  #judgeHost(host: string): void {
    const bare = host.startsWith('[') ? host.slice(1, -1) : host;
    const name = bare.replace(/\.$/, '').toLowerCase();
    if (forbiddenNames.has(name)) throw denied(host, undefined, 'it names a metadata service');
    if (isIP(bare) === 0) return;
    const refusal = this.refusal(bare);
    if (refusal) throw denied(host, undefined, refusal);
  }

  /**
   * Resolves a host to the addresses that may be connected to.
   *
   * @throws TransportError `address_denied` when there is none; errors of the resolver as they are.
   */
  async resolve(hostname: string): Promise<LookupAddress[]> {
    const found = await this.#resolve(hostname);
    const allowed = found.filter(({ address }) => this.refusal(address) === undefined);
    const [first] = found;
    if (allowed.length === 0 && first) throw denied(hostname, first.address, this.refusal(first.address) ?? '');
    return allowed;
  }

  /**
   * Judges a target that a proxy will connect to. The proxy resolves names itself, so this is a check before the fact, good for a
   * minute; a name that only the proxy can resolve, or that takes longer than two seconds here, passes.
   *
   * @throws TransportError `address_denied`.
   */
  async checkProxied(hostname: string): Promise<void> {
    this.checkHost(hostname);
    if (isIP(hostname.startsWith('[') ? hostname.slice(1, -1) : hostname) !== 0) return;
    const now = performance.now();
    const known = this.#proxied.get(hostname);
    if (known && known.until > now) return known.verdict;
    const verdict = this.#judgeProxied(hostname);
    if (this.#proxied.size >= 1000) this.#proxied.clear();
    this.#proxied.set(hostname, { verdict, until: now + 60_000 });
    return verdict;
  }

  async #judgeProxied(hostname: string): Promise<void> {
    const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
    const timer = setTimeout(giveUp, 2000);
    try {
      await Promise.race([this.resolve(hostname), late]);
    } catch (error) {
      // Only the guard's own verdict counts; where our resolver fails, the proxy's may not.
      if (error instanceof TransportError) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.resolve(hostname).then(
      (addresses) => {
        const usable = options.family === 4 || options.family === 6 ? addresses.filter((a) => a.family === options.family) : addresses;
        const [first] = usable;
        if (!first) callback(notFound(hostname), '');
        else if (options.all) callback(null, usable);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

function defaultLookup(hostname: string): Promise<LookupAddress[]> {
  return systemLookup(hostname, { all: true });
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname });
}

function denied(host: string, address: string | undefined, reason: string): TransportError {
  const via = address === undefined ? '' : ` (${address})`;
  return new TransportError(`The address ${quote(host)}${via} is not connected to: ${reason}.`, {
    code: 'address_denied',
    fault: 'caller',
    retry: 'after-change',
    context: { host, ...(address === undefined ? {} : { address }) },
  });
}

function blockList(ipv4: readonly (readonly [string, number])[], ipv6: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ipv4) list.addSubnet(address, prefix, 'ipv4');
  for (const [address, prefix] of ipv6) list.addSubnet(address, prefix, 'ipv6');
  return list;
}

/** The address itself and the IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64 and 6to4. */
function equivalents(address: string): { text: string; family: 'ipv4' | 'ipv6' }[] {
  if (isIP(address) !== 6) return [{ text: address, family: 'ipv4' }];
  const plain = address.split('%', 1)[0] ?? address;
  const result: { text: string; family: 'ipv4' | 'ipv6' }[] = [{ text: plain, family: 'ipv6' }];
  const embedded = embeddedIPv4(expandIPv6(plain));
  if (embedded !== undefined) result.push({ text: embedded, family: 'ipv4' });
  return result;
}

function embeddedIPv4(groups: readonly number[]): string | undefined {
  const leadingZeros = groups.findIndex((group) => group !== 0);
  const last = groups.slice(6);
  if (leadingZeros === 5 && groups[5] === 0xffff) return dotted(last);
  if (leadingZeros === 6 || (leadingZeros === 7 && (groups[7] ?? 0) > 1)) return dotted(last);
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return dotted(last);
  if (groups[0] === 0x2002) return dotted(groups.slice(1, 3));
  return undefined;
}

function dotted([high = 0, low = 0]: readonly number[]): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** The eight groups. `URL` writes a dotted tail as groups and shortens; the rest is filling in zeros. */
function expandIPv6(address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}
