import type { Registry } from '../../registries/index.ts';
import type { ExportContext } from '../export.ts';
import { type Commented, yamlText } from './yaml.ts';

/** `creds` of regsync, with Tagboat's own credential helper for what has to sign in. */
export function writeRegsync(registries: readonly Registry[], _context: ExportContext): string {
  const hosts = new Map<string, Registry>();
  const others: string[] = [];
  for (const registry of registries) {
    const host = hostOf(registry);
    const first = hosts.get(host);
    if (first) others.push(`${registry.name} is on ${host}, too; regsync has one sign-in a host, here that of ${first.name}.`);
    else hosts.set(host, registry);
  }
  return yamlText(
    ['Registries of Tagboat for regsync. docker-credential-tagboat has to be in the PATH of regsync.', ...others],
    { version: 1 },
    'creds',
    [...hosts].map(([host, registry]) => entryOf(host, registry)),
  );
}

/** What images are referred to by, and regsync tells registries apart by. */
const hostOf = (registry: Registry): string => registry.prefix.split('/', 1)[0] ?? registry.host;

function entryOf(host: string, registry: Registry): Commented {
  const { connection } = registry;
  const value: Record<string, unknown> = { registry: host };
  if (registry.host !== host && host !== 'docker.io') value.hostname = registry.host;
  if (registry.signIn !== 'anonymous') value.credHelper = 'docker-credential-tagboat';
  value.tls = connection.tls === 'plain' ? 'disabled' : connection.tls === 'insecure' ? 'insecure' : 'enabled';
  if (connection.ca !== undefined) value.regcert = connection.ca;
  if (connection.requestsPerSecond !== undefined) value.reqPerSec = connection.requestsPerSecond;
  const unsaid = [
    connection.clientCertificate && 'the client certificate',
    connection.proxy !== undefined && 'the proxy',
    registry.prefix !== host && `that it is for ${registry.prefix} only`,
  ].filter((text) => typeof text === 'string');
  return { value, comments: [registry.name, ...(unsaid.length > 0 ? [`Not said here: ${unsaid.join(', ')}.`] : [])] };
}
