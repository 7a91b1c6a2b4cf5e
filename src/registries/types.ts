import type { FieldError, ReferenceTo } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Quota, TlsMode } from '../oci/index.ts';

/** Value of a provider or sign-in field that is not secret. */
export type FieldValue = string | number | boolean;

/** What a PEM certificate says, in the shape that the API answers. Times are ISO 8601 in UTC. */
export interface CertificateInfo {
  /** `CN=…, O=…`, most specific first. */
  subject: string;
  issuer: string;
  notBefore: string;
  notAfter: string;
  /** SHA-256, colon-separated. */
  fingerprint: string;
  /** Subject alternative names: DNS names and addresses. */
  names: string[];
  isAuthority: boolean;
}

/** How a registry is reached, without its secrets (client key, its passphrase, proxy password), which are sealed apart. */
export interface RegistryConnection {
  tls: TlsMode;
  /** PEM of own authorities; used with mode `ca`. */
  ca?: string;
  caCertificates: CertificateInfo[];
  clientCertificate?: { cert: string; info: CertificateInfo[]; hasKey: boolean };
  /** `http://[user@]host:port` without password. */
  proxy?: string;
  proxyHasPassword: boolean;
  requestsPerSecond?: number;
}

export type TagOrder = 'lexical' | 'oldest-first' | 'newest-first';

export type CheckState = 'ok' | 'degraded' | 'failing';

/** Outcome of the last check of a saved registry. Times in epoch milliseconds. */
export interface RegistryCheck {
  state: CheckState;
  /** Since when it is in this state. */
  since: number;
  checkedAt: number;
  /** When the next background check is due. */
  nextAt: number;
  summary: string;
  code?: string;
}

/** Why a credential could not be issued or renewed. Times are ISO 8601. */
export interface CredentialFailure {
  code: string;
  message: string;
  /** First of the failures in a row. */
  since: string;
  /** Last of them. */
  at: string;
}

/** When something ends that does not renew itself. */
export interface CredentialEnd {
  /** `secret` for the stored secret as a whole, a field, `connection.clientCertificate`, `connection.ca`, `server`. */
  field: string;
  /** Of the field, in words. */
  label: string;
  /** ISO 8601. */
  at: string;
  /** Who says so: a person, the vendor, the secret itself, the certificate. */
  from: 'stated' | 'provider' | 'token' | 'certificate';
}

/** What is known of the credential last issued; never the credential itself. Times are ISO 8601. */
export interface CredentialStatus {
  kind: 'anonymous' | 'basic' | 'identity' | 'bearer';
  username?: string;
  issuedAt?: string;
  expiresAt?: string;
  /** When it is renewed ahead. */
  refreshAt?: string;
  /** When it was last issued or renewed. */
  refreshedAt?: string;
  /** Tagboat renews it by itself before it ends. */
  renewable?: boolean;
  /** Why the last attempt to renew it failed, while it is still used. */
  failure?: CredentialFailure;
  lastUse?: { by: string; purpose: string; at: string };
  /** Soonest first. */
  ends?: CredentialEnd[];
}

/** A configured registry as the services return it. Times in epoch milliseconds; holds no secret. */
export interface Registry {
  id: string;
  name: string;
  /** Provider id. */
  provider: string;
  /** Normalised base URL, without a slash at its end. */
  url: string;
  /** Host and port of the URL. */
  host: string;
  /** What image references of this registry begin with. */
  prefix: string;
  namespace: string;
  description: string;
  default: boolean;
  allProjects: boolean;
  /** Project ids, when not all. */
  projects: string[];
  signIn: string;
  /** Provider settings and sign-in fields that are not secret. */
  settings: Record<string, FieldValue>;
  /** Names of the secrets that hold a value: fields, `connection.clientKey`, `connection.clientPassphrase`, `connection.proxyPassword`. */
  secretsSet: string[];
  /** The master key that sealed them is gone. */
  secretsLost: boolean;
  connection: RegistryConnection;
  pinnedRepositories: string[];
  /** Origins of token servers that an administrator confirmed. */
  trustedRealms: string[];
  /** Milliseconds; absent: what the issuer says. */
  credentialExpiry?: number;
  /** Secret field → reference to where its value is read (`env:NAME`, `vault:…`) instead of being stored. */
  sources: Record<string, string>;
  /** Order in which the registry lists tags, where a person said so. */
  tagOrder?: TagOrder;
  /** When the stored secret ends, where a person said so. */
  secretEndsAt?: number;
  check?: RegistryCheck;
  credential?: CredentialStatus;
  quota?: Quota;
  repositoryCount?: number;
  createdAt: number;
  updatedAt: number;
  /** User id. */
  updatedBy?: string;
  /** Absent for users that are gone. */
  updatedByName?: string;
  version: number;
}

export interface ConnectionInput {
  tls?: TlsMode;
  /** PEM; empty removes it. */
  ca?: string;
  /** `null` removes it; an empty key keeps the stored one. */
  clientCertificate?: { cert: string; key?: string; passphrase?: string } | null;
  /** Empty for none. */
  proxy?: string;
  requestsPerSecond?: number | null;
}

/** What a person enters: the body of `POST /registries`. */
export interface RegistryInput {
  name: string;
  provider?: string;
  url?: string;
  prefix?: string;
  namespace?: string;
  description?: string;
  default?: boolean;
  allProjects?: boolean;
  /** Ids or names. */
  projects?: string[];
  signIn?: string;
  fields?: Record<string, FieldValue | null>;
  connection?: ConnectionInput;
  pinnedRepositories?: string[];
  trustedRealms?: string[];
  credentialExpirySeconds?: number | null;
  /** Secret field → where its value is read; `null` ends that. Administrators only. */
  sources?: Record<string, string | null>;
  tagOrder?: TagOrder | null;
  /** ISO 8601. */
  secretEndsAt?: string | null;
}

/** Absent members stay as they are; an empty secret keeps the stored one, `null` clears it. */
export type RegistryPatch = Partial<RegistryInput>;

/** A secret on its way: entered just now, or sealed in the store. */
export type SecretValue = { fresh: Secret<string> } | { sealed: string };

export type { FieldError, ReferenceTo };

export type DoctorStepId = 'url' | 'dns' | 'tcp' | 'tls' | 'v2' | 'challenge' | 'credential' | 'token' | 'read' | 'capabilities' | 'quota';

/** A change that the person can accept to mend what failed. */
export type DoctorOffer =
  | { kind: 'trust-ca'; pem: string; subject: string }
  | { kind: 'trust-realm'; origin: string }
  | { kind: 'use-plain-http' }
  | { kind: 'use-https' }
  | { kind: 'set-namespace' };

/** One step of the doctor, in the shape that the API answers. Never holds a secret. */
export interface DoctorStep {
  id: DoctorStepId;
  title: string;
  state: 'running' | 'ok' | 'warning' | 'failed' | 'skipped';
  durationMs?: number;
  /** One line of evidence, or what went wrong. */
  summary?: string;
  evidence?: { label: string; value: string }[];
  /** Diagnosis, from the list of error codes. */
  code?: string;
  /** What to do. */
  help?: string;
  /** Field of the form at fault. */
  field?: string;
  /** The chain that the server showed, leaf first. */
  certificates?: (CertificateInfo & { pem: string })[];
  offer?: DoctorOffer;
}

export type Capability = 'yes' | 'no' | 'unknown';

export interface DoctorReport {
  state: CheckState;
  startedAt: string;
  durationMs: number;
  summary: string;
  code?: string;
  steps: DoctorStep[];
  credential?: CredentialStatus;
  quota?: { limit: number; remaining: number; windowSeconds?: number; at: string };
  capabilities?: Record<string, Capability>;
}

export interface DoctorOptions {
  /** Read the tags of this repository instead of listing repositories. */
  repository?: string;
  /** Start and cancel an upload to see whether pushing is allowed. */
  push?: boolean;
}

/** What could be read out of pasted text. */
export interface Detection {
  kind: 'url' | 'reference' | 'docker-login' | 'json-key' | 'docker-config' | 'unknown';
  provider?: string;
  /** e.g. "Amazon ECR, eu-west-1, account 000000000000". */
  summary?: string;
  url?: string;
  namespace?: string;
  /** A free name to suggest. */
  name?: string;
  signIn?: string;
  /** Values for the form; secrets of the pasted text go back once, to the one who pasted them. */
  fields: Record<string, string>;
  certainty?: 'host' | 'challenge' | 'guess';
}
