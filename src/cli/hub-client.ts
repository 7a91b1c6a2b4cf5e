import { type Client, createClient } from '../sdk/index.ts';
import type { Cli, CommonOptions } from './cli.ts';
import { HubUnreachable, UsageError } from './errors.ts';
import { findHubAddress, type HubAddress, signInHint } from './hub-address.ts';
import { printable } from './output/text.ts';
import { packageVersion } from '../version.ts';

/** Where `tagboat serve` listens unless told otherwise. */
export const defaultHubUrl = 'http://127.0.0.1:7330';

/** A client of a hub, and which hub it is. */
export interface Hub extends Client {
  readonly address: HubAddress;
}

/** The hub that options, environment or `tagboat login` name; `undefined` when none of them does, or with `--no-hub`. */
export async function findHub(cli: Cli, options: CommonOptions): Promise<HubAddress | undefined> {
  return options.hub === false ? undefined : findHubAddress(cli.io, options.hub);
}

/** A client of the hub in use. */
export async function openHub(cli: Cli, options: CommonOptions): Promise<Hub> {
  const address = await findHub(cli, options);
  if (!address) {
    throw new UsageError('No hub is known here.', signInHint(cli.io));
  }
  return connect(cli, address, options);
}

/** A client of a hub by its address. */
export function connect(
  cli: Cli,
  address: HubAddress,
  options: CommonOptions,
  more: { csrf?: () => string | undefined; fetch?: typeof fetch } = {},
): Hub {
  const client = createClient({
    baseUrl: address.url,
    token: address.token,
    csrf: more.csrf,
    fetch: guardedFetch(cli, address, options, more.fetch ?? globalThis.fetch),
    headers: { 'user-agent': `tagboat/${packageVersion()} (${process.platform}; ${process.arch})` },
  });
  return Object.assign(client, { address });
}

/** Says in our words why no answer came; logs requests with `--debug`; ends with the command. */
function guardedFetch(cli: Cli, address: HubAddress, options: CommonOptions, send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const started = performance.now();
    const log = (outcome: string): void => {
      if (!cli.isDebug(options)) return;
      const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
      cli.io.stderr.write(`${printable(`${init?.method ?? 'GET'} ${url} ${outcome} ${Math.round(performance.now() - started)} ms`)}\n`);
    };
    try {
      const response = await send(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, cli.signal]) : cli.signal });
      log(String(response.status));
      return response;
    } catch (error) {
      if (cli.signal.aborted) throw cli.signal.reason;
      if (init?.signal?.aborted) throw init.signal.reason;
      log('failed');
      throw unreachable(address, error);
    }
  };
}

function unreachable(address: HubAddress, error: unknown): HubUnreachable {
  const cause = error instanceof Error ? error.cause : undefined;
  const errors: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  const codes = errors.flatMap((one) =>
    typeof one === 'object' && one !== null && 'code' in one && typeof one.code === 'string' ? [one.code] : [],
  );
  const code = codes[0] ?? '';
  const message = cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error);
  if (code === 'ECONNREFUSED') {
    return new HubUnreachable(
      `Nothing listens at ${address.url}.`,
      address.url === defaultHubUrl
        ? 'Start the hub with `tagboat serve`, or name another with --hub.'
        : 'Check that the hub runs, and its address (--hub, TAGBOAT_URL).',
      error,
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new HubUnreachable(
      `The host of ${address.url} cannot be resolved.`,
      'Check its spelling (--hub, TAGBOAT_URL) and the network.',
      error,
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) {
    return new HubUnreachable(
      `The certificate of ${address.url} is not trusted here: ${printable(message)}.`,
      'Name its authority with NODE_EXTRA_CA_CERTS=<file.pem>, or have the certificate replaced.',
      error,
    );
  }
  if (/redirect/i.test(message)) {
    return new HubUnreachable(
      `${address.url} redirects elsewhere, which a hub does not.`,
      'Name the hub by its own address: something in front of it may ask for a sign-in or want https.',
      error,
    );
  }
  return new HubUnreachable(
    `${address.url} gave no answer: ${printable(message)}.`,
    'Check the address of the hub and the network, then try again.',
    error,
  );
}
