import type { Registry } from './types.ts';

type Fields = Record<string, unknown>;

/**
 * A registry as the audit log keeps it: every field a person can edit, certificates by fingerprint, secrets by name only.
 *
 * @param changed names of secrets that this change set anew, so that a replaced password shows
 */
export function auditView(registry: Registry, changed: readonly string[] = []): Fields {
  const { connection } = registry;
  return {
    name: registry.name,
    provider: registry.provider,
    url: registry.url,
    prefix: registry.prefix,
    namespace: registry.namespace,
    description: registry.description,
    signIn: registry.signIn,
    ...Object.fromEntries(Object.entries(registry.settings).map(([name, value]) => [`fields.${name}`, value])),
    secretsSet: registry.secretsSet.map((name) => (changed.includes(name) ? `${name} (set)` : name)),
    tls: connection.tls,
    ca: connection.caCertificates.map((certificate) => certificate.fingerprint),
    clientCertificate: connection.clientCertificate?.info.map((certificate) => certificate.fingerprint) ?? [],
    proxy: connection.proxy ?? '',
    requestsPerSecond: connection.requestsPerSecond ?? null,
    pinnedRepositories: registry.pinnedRepositories,
    trustedRealms: registry.trustedRealms,
    credentialExpirySeconds: registry.credentialExpiry === undefined ? null : registry.credentialExpiry / 1000,
    // Not by the names of the fields, which would have where they are read taken for secret.
    sources: Object.entries(registry.sources).map(([name, source]) => `${name}: ${source}`),
    tagOrder: registry.tagOrder ?? null,
    secretEndsAt: registry.secretEndsAt === undefined ? null : new Date(registry.secretEndsAt).toISOString(),
    allProjects: registry.allProjects,
    projects: registry.projects,
    default: registry.default,
  };
}
