import { externalSignIn } from '../../provider/external.ts';
import type { Registry } from '../../registries/index.ts';
import { writeCredentialReference } from '../argocd-credentials.ts';
import type { ExportContext } from '../export.ts';
import { formatGoDuration } from '../go-duration.ts';
import { type Commented, yamlText } from './yaml.ts';

/** `registries.conf` of Argo CD Image Updater; what it cannot say stands in comments. */
export function writeArgocd(registries: readonly Registry[], { providers }: ExportContext): string {
  return yamlText(
    ['Registries of Tagboat for Argo CD Image Updater. Comments say what it has no key for.'],
    {},
    'registries',
    registries.map((registry) => {
      const signIn = providers.get(registry.provider)?.signIn[registry.signIn]?.title ?? registry.signIn;
      return entryOf(registry, signIn);
    }),
  );
}

const tagSortModes = { 'newest-first': 'latest-first', 'oldest-first': 'latest-last', lexical: undefined } as const;

function entryOf(registry: Registry, signIn: string): Commented {
  const { connection } = registry;
  const comments: string[] = [];
  const value: Record<string, unknown> = { name: registry.name, api_url: registry.url, prefix: registry.prefix };
  const source = registry.signIn === externalSignIn ? String(registry.settings.source ?? '') : undefined;
  const credentials = source === undefined ? undefined : writeCredentialReference(source);
  if (credentials !== undefined) value.credentials = credentials;
  else if (registry.signIn !== 'anonymous')
    comments.push(`credentials: Tagboat signs in by “${signIn}”. Give it as ext:, secret:, pullsecret: or env:.`);
  if (registry.credentialExpiry !== undefined) value.credsexpire = formatGoDuration(Math.round(registry.credentialExpiry / 1000));
  if (registry.default) value.default = true;
  if (registry.namespace !== '') value.defaultns = registry.namespace;
  if (connection.tls === 'insecure') value.insecure = true;
  if (connection.ca !== undefined) value.ca_data = connection.ca;
  const rate = connection.requestsPerSecond;
  if (rate !== undefined) value.limit = Math.max(1, Math.floor(rate));
  if (rate !== undefined && value.limit !== rate) comments.push(`limit: whole numbers only; it is ${rate} at Tagboat.`);
  const mode = registry.tagOrder === undefined ? undefined : tagSortModes[registry.tagOrder];
  if (mode !== undefined) value.tagsortmode = mode;
  const unsaid = [
    registry.tagOrder === 'lexical' && 'the order of tags (lexical)',
    connection.clientCertificate && 'the client certificate',
    connection.proxy !== undefined && 'the proxy',
    registry.description !== '' && 'the description',
    !registry.allProjects && 'the projects that see it',
    registry.pinnedRepositories.length > 0 && 'repositories named by hand',
    registry.trustedRealms.length > 0 && 'confirmed token servers',
    registry.secretEndsAt !== undefined && 'when the secret ends',
  ].filter((text) => typeof text === 'string');
  if (unsaid.length > 0) comments.push(`Not said here: ${unsaid.join(', ')}.`);
  return { value, comments };
}
