import { dockerKey } from '../../registries/client-config/parts.ts';
import type { Registry } from '../../registries/index.ts';
import type { ExportContext } from '../export.ts';

/** Docker's `config.json` whose credentials all come from `docker-credential-tagboat`. JSON has no room for comments. */
export function writeDockerConfig(registries: readonly Registry[], _context: ExportContext): string {
  const servers = registries
    .filter((registry) => registry.signIn !== 'anonymous')
    .map((registry) => dockerKey(registry.prefix.split('/', 1)[0] ?? registry.host));
  const credHelpers = Object.fromEntries([...new Set(servers)].toSorted().map((server) => [server, 'tagboat']));
  return `${JSON.stringify({ credHelpers }, null, 2)}\n`;
}
