/**
 * Tables, the same on SQLite and PostgreSQL. Times are epoch milliseconds, booleans 0 or 1, JSON is text parsed by the store
 * file that owns the table. `version` counts edits, for optimistic locking.
 */
import type { CopiesTable, CopyUploadsTable, SyncRulesTable, SyncRunsTable, SyncSeenTable } from './distribution-schema.ts';

type Time = number;
type Bool = 0 | 1;
type Json = string;

export interface HubTable {
  /** `instance-id`, `setup-token-hash`, `wrapped-data-key`, `data-key-check`, … */
  key: string;
  value: string;
}

export interface UsersTable {
  id: string;
  name: string;
  /** Lower-cased name, unique. */
  name_key: string;
  display_name: string | null;
  password_hash: string;
  role: 'viewer' | 'operator' | 'administrator';
  disabled: Bool;
  created_at: Time;
  updated_at: Time;
  last_seen_at: Time | null;
  version: number;
}

export interface SessionsTable {
  /** SHA-256 of the cookie's token. */
  token_hash: string;
  id: string;
  user_id: string;
  csrf: string;
  created_at: Time;
  expires_at: Time;
  last_seen_at: Time;
  address: string;
  user_agent: string;
}

export interface ApiTokensTable {
  id: string;
  token_hash: string;
  /** First characters, to recognise it by. */
  hint: string;
  name: string;
  user_id: string;
  role: 'viewer' | 'operator' | 'administrator';
  /** JSON array of registry ids the token is limited to, or null for all that its user may see. */
  registries: Json | null;
  created_at: Time;
  expires_at: Time | null;
  last_used_at: Time | null;
  revoked_at: Time | null;
}

export interface ProjectsTable {
  id: string;
  name: string;
  name_key: string;
  description: string;
  created_at: Time;
  updated_at: Time;
  version: number;
}

export interface ProjectMembersTable {
  project_id: string;
  user_id: string;
  role: 'viewer' | 'operator' | 'administrator';
}

export interface RegistriesTable {
  id: string;
  name: string;
  name_key: string;
  provider: string;
  url: string;
  /** Host and path that image references begin with; the longest match wins. Lower-cased host. */
  prefix: string;
  /** The provider's namespace, organisation or project, empty for none. */
  namespace: string;
  description: string;
  sign_in: string;
  /** Provider settings and the sign-in method's fields, secrets left out. */
  settings: Json;
  /** RegistryConnection: TLS mode, CA, client certificate (without key), proxy, requests per second, … */
  connection: Json;
  /** Sealed secrets: JSON of field → sealed text. */
  secrets: Json;
  /** JSON array of repository names listed where no catalog is to be had. */
  pinned_repositories: Json;
  /** Realm origins that an administrator confirmed. */
  trusted_realms: Json;
  /** Milliseconds; null: what the issuer says. */
  credential_expiry: number | null;
  /** JSON of secret field → reference to where its value is read (`env:NAME`, `vault:…`). */
  sources: Json;
  /** Order in which the registry lists tags, where a person said so. */
  tag_order: 'lexical' | 'oldest-first' | 'newest-first' | null;
  /** When the stored secret ends, where a person said so. */
  secret_ends_at: Time | null;
  all_projects: Bool;
  is_default: Bool;
  created_at: Time;
  updated_at: Time;
  /** User id. */
  updated_by: string | null;
  version: number;
}

export interface RegistryProjectsTable {
  registry_id: string;
  project_id: string;
}

export interface RegistryChecksTable {
  registry_id: string;
  state: 'ok' | 'degraded' | 'failing';
  /** Since when it is in this state. */
  since: Time;
  checked_at: Time;
  /** When the next background check is due. */
  next_at: Time;
  /** Short sentence shown in lists. */
  summary: string;
  /** Diagnosis of the step at fault, null when all is well. */
  code: string | null;
  /** DoctorReport. */
  report: Json;
  /** CredentialStatus of the credential last issued, without secrets. */
  credential: Json | null;
  quota: Json | null;
}

/** What is known of the credential that a registry is signed in to with. One row a registry. */
export interface CredentialStatesTable {
  registry_id: string;
  /** Of the settings it was issued from: another one makes the row stale. */
  fingerprint: string;
  /** Null while none could be issued. */
  kind: 'anonymous' | 'basic' | 'identity' | 'bearer' | null;
  username: string | null;
  issued_at: Time | null;
  expires_at: Time | null;
  /** When it is renewed ahead; null for what does not end by itself. */
  refresh_at: Time | null;
  /** When it was last issued or renewed. */
  refreshed_at: Time | null;
  /** JSON of code, message, since, at: why the last attempt to renew it failed. */
  failure: Json | null;
  /** JSON array of { field, label, at, from }: when what does not renew itself ends, soonest first. */
  ends: Json;
  /** The issued credential, sealed, so that a restart or another hub need not ask its issuer again. */
  issued: string | null;
  updated_at: Time;
}

/** A credential beside the one in use: the next one, not promoted yet, or the one before, to go back to. */
export interface CredentialSlotsTable {
  registry_id: string;
  slot: 'next' | 'previous';
  sign_in: string;
  settings: Json;
  sources: Json;
  /** Sealed secrets, bound to registry and field as those of `registries`. */
  secrets: Json;
  secret_ends_at: Time | null;
  created_at: Time;
  /** User id. */
  created_by: string | null;
  created_by_name: string;
  tested_at: Time | null;
  /** JSON of its last test: report (DoctorReport), and fingerprint of the registry with it as it was tested. */
  test: Json | null;
}

/** Who used or was given a registry's credential, for what, and how often. */
export interface CredentialUsesTable {
  registry_id: string;
  actor_kind: 'user' | 'token' | 'system';
  actor_id: string;
  actor_name: string;
  /** `docker credential helper`, `kubelet`, `pull secret shop/pull`, `list repositories`, … */
  purpose: string;
  first_at: Time;
  last_at: Time;
  uses: number;
}

/** What an operator has to see to before it hurts. Gone when its cause is. */
export interface AlertsTable {
  id: string;
  registry_id: string;
  kind: 'credential-ends' | 'certificate-ends' | 'refresh-failed';
  /** What of the registry: a field, `connection.clientCertificate`, … */
  subject: string;
  level: 'notice' | 'warning' | 'critical';
  code: string;
  message: string;
  /** When it ends. */
  due_at: Time | null;
  raised_at: Time;
  updated_at: Time;
  acknowledged_at: Time | null;
  acknowledged_by_name: string | null;
}

/** What the catalog holds of a registry, and when its repositories were last listed. */
export interface CatalogListingsTable {
  registry_id: string;
  /** URL that everything was read from: when the registry gets another one, what was known is dropped. */
  url: string;
  /** Null for never. */
  listed_at: Time | null;
  /** Version of the registry when it was listed: an edit makes the listing stale. */
  registry_version: number | null;
  /** Why that listing is not whole: JSON of reason, code and time of the next attempt. */
  partial: Json | null;
}

export interface RepositoriesTable {
  registry_id: string;
  name: string;
  /** RepositoryInfo without its name. */
  info: Json;
  /** When it was first listed; 0 for one that no listing named, but somebody looked into. */
  seen_at: Time;
  /** When its tags were last listed, null for never. */
  tags_at: Time | null;
  /** Why that listing is not whole: JSON of reason, code and time of the next attempt. */
  tags_partial: Json | null;
}

export interface TagsTable {
  registry_id: string;
  repository: string;
  name: string;
  digest: string | null;
  media_type: string | null;
  artifact_type: string | null;
  pushed_at: Time | null;
  created_at: Time | null;
  size: number | null;
  /** JSON array of `os/arch[/variant]`; empty for what runs nowhere, null while it is not known. */
  platforms: Json | null;
  /** When it was first seen here. */
  seen_at: Time;
  /** When the digest was last confirmed with the registry. */
  resolved_at: Time | null;
}

/** Manifests and config blobs by digest: content never changes, so neither do these rows. */
export interface ContentTable {
  digest: string;
  media_type: string;
  bytes: Uint8Array;
  stored_at: Time;
  used_at: Time;
}

/** Which registry and repository a content row was read from: nobody sees content of a registry that they may not see. */
export interface ContentPlacesTable {
  digest: string;
  registry_id: string;
  repository: string;
}

export interface AuditTable {
  id: string;
  at: Time;
  actor_kind: 'user' | 'token' | 'system' | 'anonymous';
  actor_id: string | null;
  actor_name: string;
  address: string | null;
  /** `registry.create`, `registry.secret-used`, `session.login-failed`, … */
  action: string;
  target_kind: string | null;
  target_id: string | null;
  target_name: string | null;
  /** Before and after, secrets left out. */
  before: Json | null;
  after: Json | null;
  /** `ok` or an error code. */
  outcome: string;
  detail: string | null;
}

/** Rights to be the only replica that does something; times by the database's clock. Only used on PostgreSQL. */
export interface LeasesTable {
  name: string;
  holder: string;
  until: Time;
}

export interface Database {
  hub: HubTable;
  users: UsersTable;
  sessions: SessionsTable;
  api_tokens: ApiTokensTable;
  projects: ProjectsTable;
  project_members: ProjectMembersTable;
  registries: RegistriesTable;
  registry_projects: RegistryProjectsTable;
  registry_checks: RegistryChecksTable;
  credential_states: CredentialStatesTable;
  credential_slots: CredentialSlotsTable;
  credential_uses: CredentialUsesTable;
  alerts: AlertsTable;
  catalog_listings: CatalogListingsTable;
  repositories: RepositoriesTable;
  tags: TagsTable;
  content: ContentTable;
  content_places: ContentPlacesTable;
  copies: CopiesTable;
  copy_uploads: CopyUploadsTable;
  sync_rules: SyncRulesTable;
  sync_runs: SyncRunsTable;
  sync_seen: SyncSeenTable;
  audit: AuditTable;
  leases: LeasesTable;
}
