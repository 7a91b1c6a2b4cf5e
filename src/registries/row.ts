import type { Selectable } from 'kysely';
import type { ProviderSet } from '../provider/set.ts';
import type { RegistriesTable } from '../store/index.ts';
import { iso, statusOf, toState } from './credential/status.ts';
import type { RegistryDraft } from './draft.ts';
import { fingerprint, withoutStamp } from './fingerprint.ts';
import type { CredentialStatus, DoctorReport, FieldValue, Registry, RegistryCheck, RegistryConnection } from './types.ts';
import { urlText } from './url.ts';

/** A registry with its sealed secrets. The sealed texts stay inside this stage. */
export interface StoredRegistry {
  registry: Registry;
  /** Name → sealed text. */
  sealed: Readonly<Record<string, string>>;
}

/** Columns of the list's join with the last check. */
export interface RegistryRow extends Selectable<RegistriesTable> {
  check_state: 'ok' | 'degraded' | 'failing' | null;
  check_since: number | null;
  check_checked_at: number | null;
  check_next_at: number | null;
  check_summary: string | null;
  check_code: string | null;
  check_credential: string | null;
  check_quota: string | null;
  credential_fingerprint: string | null;
  credential_kind: CredentialStatus['kind'] | null;
  credential_username: string | null;
  credential_issued_at: number | null;
  credential_expires_at: number | null;
  credential_refresh_at: number | null;
  credential_refreshed_at: number | null;
  credential_failure: string | null;
  credential_ends: string | null;
  updated_by_name: string | null;
  repository_count: number | string | null;
}

/** The last use of a registry's credential; epoch milliseconds. */
export interface LastUse {
  by: string;
  purpose: string;
  at: number;
}

/** Columns that an edit writes. */
export type RegistryColumns = Omit<RegistriesTable, 'id' | 'created_at' | 'updated_at' | 'updated_by' | 'version' | 'is_default'>;

export function toStored(row: RegistryRow, projects: readonly string[], lastUse?: LastUse): StoredRegistry {
  const sealed = JSON.parse(row.secrets) as Record<string, string>;
  const count = Number(row.repository_count ?? 0);
  const registry: Registry = {
    id: row.id,
    name: row.name,
    provider: row.provider,
    url: row.url,
    host: new URL(row.url).host,
    prefix: row.prefix,
    namespace: row.namespace,
    description: row.description,
    default: row.is_default === 1,
    allProjects: row.all_projects === 1,
    projects: [...projects],
    signIn: row.sign_in,
    settings: JSON.parse(row.settings) as Record<string, FieldValue>,
    secretsSet: Object.keys(sealed),
    secretsLost: false,
    connection: JSON.parse(row.connection) as RegistryConnection,
    pinnedRepositories: JSON.parse(row.pinned_repositories) as string[],
    trustedRealms: JSON.parse(row.trusted_realms) as string[],
    sources: JSON.parse(row.sources) as Record<string, string>,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
  if (row.credential_expiry !== null) registry.credentialExpiry = row.credential_expiry;
  if (row.tag_order !== null) registry.tagOrder = row.tag_order;
  if (row.secret_ends_at !== null) registry.secretEndsAt = row.secret_ends_at;
  if (row.updated_by !== null) registry.updatedBy = row.updated_by;
  if (row.updated_by_name !== null) registry.updatedByName = row.updated_by_name;
  if (count > 0) registry.repositoryCount = count;
  const check = toCheck(row);
  if (check) registry.check = check;
  const credential = toCredential(row, fingerprint({ registry, sealed }));
  if (credential) registry.credential = { ...credential, ...(lastUse && { lastUse: { ...lastUse, at: iso(lastUse.at) } }) };
  const quota = row.check_quota === null ? undefined : (JSON.parse(row.check_quota) as NonNullable<DoctorReport['quota']>);
  if (quota) {
    registry.quota = { limit: quota.limit, remaining: quota.remaining, at: Date.parse(quota.at) };
    if (quota.windowSeconds !== undefined) registry.quota.window = quota.windowSeconds;
  }
  return { registry, sealed };
}

/** Of the settings that the registry has now; before the first was issued for use, what the last check found. */
function toCredential(row: RegistryRow, facts: string): CredentialStatus | undefined {
  const checked = row.check_credential === null ? undefined : (JSON.parse(row.check_credential) as CredentialStatus);
  if (row.credential_fingerprint === null || withoutStamp(row.credential_fingerprint) !== facts) return checked;
  const state = toState({
    fingerprint: row.credential_fingerprint,
    kind: row.credential_kind,
    username: row.credential_username,
    issued_at: row.credential_issued_at,
    expires_at: row.credential_expires_at,
    refresh_at: row.credential_refresh_at,
    refreshed_at: row.credential_refreshed_at,
    failure: row.credential_failure,
    ends: row.credential_ends ?? '[]',
  });
  return statusOf(state) ?? (checked && { ...checked, ...(state.ends.length > 0 && { ends: state.ends }) });
}

function toCheck(row: RegistryRow): RegistryCheck | undefined {
  if (row.check_state === null || row.check_checked_at === null) return undefined;
  return {
    state: row.check_state,
    since: row.check_since ?? row.check_checked_at,
    checkedAt: row.check_checked_at,
    nextAt: row.check_next_at ?? row.check_checked_at,
    summary: row.check_summary ?? '',
    ...(row.check_code !== null && { code: row.check_code }),
  };
}

/** Columns of a checked draft; secrets sealed already. */
export function toColumns(draft: RegistryDraft, nameKey: string, sealed: Readonly<Record<string, string>>): RegistryColumns {
  return {
    name: draft.name,
    name_key: nameKey,
    provider: draft.provider.id,
    url: urlText(draft.url),
    prefix: draft.prefix,
    namespace: draft.namespace,
    description: draft.description,
    sign_in: draft.signIn,
    settings: JSON.stringify(draft.settings),
    connection: JSON.stringify(draft.connection),
    secrets: JSON.stringify(sealed),
    pinned_repositories: JSON.stringify(draft.pinnedRepositories),
    trusted_realms: JSON.stringify(draft.trustedRealms),
    credential_expiry: draft.credentialExpiry ?? null,
    sources: JSON.stringify(draft.sources),
    tag_order: draft.tagOrder ?? null,
    secret_ends_at: draft.secretEndsAt ?? null,
    all_projects: draft.allProjects ? 1 : 0,
  };
}

/** A saved registry as a draft: what an edit starts from, and what clients are opened by. */
export function toDraft({ registry, sealed }: StoredRegistry, providers: ProviderSet): RegistryDraft & { id: string } {
  return {
    id: registry.id,
    name: registry.name,
    provider: providers.require(registry.provider),
    url: new URL(registry.url),
    prefix: registry.prefix,
    namespace: registry.namespace,
    description: registry.description,
    signIn: registry.signIn,
    settings: registry.settings,
    secrets: Object.fromEntries(Object.entries(sealed).map(([name, text]) => [name, { sealed: text }])),
    sources: registry.sources,
    connection: registry.connection,
    pinnedRepositories: registry.pinnedRepositories,
    trustedRealms: registry.trustedRealms,
    allProjects: registry.allProjects,
    projects: registry.projects,
    ...(registry.credentialExpiry !== undefined && { credentialExpiry: registry.credentialExpiry }),
    ...(registry.tagOrder !== undefined && { tagOrder: registry.tagOrder }),
    ...(registry.secretEndsAt !== undefined && { secretEndsAt: registry.secretEndsAt }),
  };
}
