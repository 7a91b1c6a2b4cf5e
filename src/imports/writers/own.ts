import type { Registry } from '../../registries/index.ts';
import type { ExportContext } from '../export.ts';
import { apiVersion } from '../own-format.ts';
import { yamlText } from './yaml.ts';

/** Everything but secrets, which are named so that people know what to enter. */
export function writeOwn(registries: readonly Registry[], { projectNames }: ExportContext): string {
  return yamlText(
    [
      'Registries of Tagboat, without their secrets: those are entered when it is imported.',
      '`tagboat apply -f <file>` makes a hub have them; what a registry does not mention here stays as it is there.',
    ],
    { apiVersion, kind: 'Registries' },
    'registries',
    registries.map((registry) => ({ value: ownForm(registry, projectNames), comments: [] })),
  );
}

function ownForm(registry: Registry, projectNames: ReadonlyMap<string, string>): Record<string, unknown> {
  const { connection } = registry;
  const orNothing = <T extends object>(value: T): T | undefined => (Object.keys(value).length > 0 ? value : undefined);
  const sorted = (value: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return withoutAbsent({
    name: registry.name,
    description: registry.description || undefined,
    provider: registry.provider,
    url: registry.url,
    prefix: registry.prefix,
    namespace: registry.namespace || undefined,
    default: registry.default || undefined,
    allProjects: registry.allProjects,
    projects: registry.allProjects ? undefined : registry.projects.map((id) => projectNames.get(id) ?? id).toSorted(),
    signIn: registry.signIn,
    fields: orNothing(sorted(registry.settings)),
    sources: orNothing(sorted(registry.sources)),
    secrets: orNothing(registry.secretsSet.toSorted()),
    secretEndsAt: registry.secretEndsAt === undefined ? undefined : new Date(registry.secretEndsAt).toISOString(),
    credentialExpirySeconds: registry.credentialExpiry === undefined ? undefined : Math.round(registry.credentialExpiry / 1000),
    tagOrder: registry.tagOrder,
    connection: withoutAbsent({
      tls: connection.tls,
      ca: connection.ca,
      clientCertificate: connection.clientCertificate?.cert,
      proxy: connection.proxy,
      requestsPerSecond: connection.requestsPerSecond,
    }),
    pinnedRepositories: orNothing(registry.pinnedRepositories),
    trustedRealms: orNothing(registry.trustedRealms.toSorted()),
  });
}

function withoutAbsent(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
