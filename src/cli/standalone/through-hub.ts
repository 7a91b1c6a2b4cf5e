import { anonymous, type Credential, type CredentialSource, RegistryClient } from '../../oci/index.ts';
import { SingleFlight } from '../../oci/single-flight.ts';
import type { IssuedCredential } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { printable } from '../output/text.ts';
import type { HubTarget } from '../targets.ts';
import { packageVersion } from '../../version.ts';
import { isProvidersRealm } from './client.ts';
import { proxyFromEnvironment } from './proxy.ts';

/**
 * A client of a registry that a hub knows: reached from this machine, with the hub's settings and with credentials that the hub hands
 * out, narrowed to the repository where the registry can do that. Close it.
 *
 * @param push Whether it has to be good for pushing.
 */
export function openThroughHub(cli: Cli, { hub, registry, repository }: HubTarget, push: boolean, options: CommonOptions): RegistryClient {
  const { connection, trustedRealms, name } = registry;
  if (connection.clientCertificate) {
    throw new UsageError(
      `${name} asks for a client certificate, whose key stays at the hub.`,
      'Copy with --no-hub and Docker’s own configuration of that certificate, or from a registry without.',
    );
  }
  const url = new URL(registry.url);
  const purpose = push ? 'copying to it' : 'copying from it';
  return new RegistryClient({
    url,
    credential: handedOutSource(() => hub.issueCredential({ registry: registry.id, repositories: [repository], push, purpose })),
    tls: { mode: connection.tls, ...(connection.ca !== undefined && { ca: connection.ca }) },
    trustRealm: async (realm, base) => trustedRealms.includes(realm.origin) || (await isProvidersRealm(realm, base)),
    proxy: proxyFromEnvironment(url, cli.io.env),
    userAgent: `tagboat/${packageVersion()}`,
    ...(connection.requestsPerSecond !== undefined && { requestsPerSecond: connection.requestsPerSecond }),
    onRequest: cli.isDebug(options)
      ? ({ method, url: at, status, duration, error }) =>
          cli.io.stderr.write(`${printable(`${method} ${at} ${status ?? error ?? ''} ${Math.round(duration)} ms`)}\n`)
      : undefined,
    onWarning: (text) => cli.output(options).note(printable(`Registry: ${text}`)),
  });
}

/** A credential of the hub is used for this long, in milliseconds, and for half of what is left of it at most. */
const usedFor = 5 * 60_000;

/** Asks the hub once for many requests: a copy makes thousands, each of which wants the credential where there are no tokens. */
export function handedOutSource(issue: () => Promise<IssuedCredential>, now: () => number = Date.now): CredentialSource {
  const flights = new SingleFlight<Credential>();
  let held: { credential: Credential; until: number } | undefined;
  return async ({ renew, signal }) => {
    if (!renew && held && now() < held.until) return held.credential;
    return flights.join(
      renew ? 'renew' : 'get',
      async () => {
        const credential = credentialOf(await issue());
        const left = (credential.expiresAt ?? Number.POSITIVE_INFINITY) - now();
        held = { credential, until: now() + Math.min(usedFor, left / 2) };
        return credential;
      },
      signal,
    );
  };
}

function credentialOf({ kind, username, secret = '', expiresAt }: IssuedCredential): Credential {
  const end = expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) };
  if (kind === 'basic') return { kind, username: username ?? '', password: secret, ...end };
  if (kind === 'identity') return { kind, token: secret, ...(username !== undefined && { username }), ...end };
  return anonymous;
}
