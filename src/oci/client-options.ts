import type { LookupAddress } from 'node:dns';
import type { Credential } from './credential.ts';

/**
 * How the server's certificate is judged. `verify`: against the system's authorities. `ca`: those plus the given PEM
 * certificates. `insecure`: not at all. `plain`: no TLS, the scheme is http. `insecure` and a client certificate hold for the registry
 * and its token server; redirects to other hosts and a provider's own API are always verified.
 */
export type TlsMode = 'verify' | 'ca' | 'insecure' | 'plain';

export interface TlsOptions {
  mode: TlsMode;
  /** PEM, one or more certificates; with mode `ca`. */
  ca?: string;
  /** PEM client certificate (chain) and key, for mutual TLS; with any mode but `plain`. */
  clientCertificate?: { cert: string; key: string; passphrase?: string };
}

/** All in milliseconds. */
export interface Timeouts {
  /** Name resolution, connection and TLS handshake. Default 10 000. */
  connect?: number;
  /** From the end of the request to the response headers. Default 30 000. */
  headers?: number;
  /** Between two pieces of a body. Default 60 000. */
  body?: number;
  /** A whole call with its retries, not counting streamed bodies. Default 120 000. */
  total?: number;
}

/** One HTTP exchange, for the debug log and the doctor. Holds no credential; queries are redacted. */
export interface RequestRecord {
  method: string;
  url: string;
  status?: number;
  /** Milliseconds. */
  duration: number;
  /** 0 for the first attempt. */
  attempt: number;
  error?: string;
}

/** What a registry said of its request quota, from `ratelimit-*` headers. Docker Hub counts per `window` seconds. */
export interface Quota {
  limit: number;
  remaining: number;
  /** Seconds. */
  window?: number;
  /** When it was read, epoch milliseconds. */
  at: number;
}

export interface AddressPolicy {
  /** RFC 1918, ULA and CGNAT ranges. Default true: registries live there. */
  allowPrivate?: boolean;
  /** Loopback addresses. Default true. */
  allowLoopback?: boolean;
}

export type Lookup = (hostname: string) => Promise<LookupAddress[]>;

export interface ScopeRequest {
  /** e.g. `['repository:library/alpine:pull']`; empty for none. */
  scopes: readonly string[];
}

/** Where a RegistryClient gets the credential from. Called when one is needed, and with `renew` again after a 401, or a 403 now and then. */
export type CredentialSource = (request: ScopeRequest & { renew: boolean; signal?: AbortSignal }) => Promise<Credential>;

/** May stored credentials be sent to this token server? Only asked for realms off the registry's own host. */
export type RealmGuard = (realm: URL, registry: URL) => boolean | Promise<boolean>;

/** Traits of a registry that the client has to know. The quirks live here as data, never as `if (host)`. */
export interface ClientTraits {
  /** Largest `n` of a listing. Default 1000. */
  maxPageSize?: number;
  /** Challenge scope on `/v2/` is a placeholder and must not be used (GHCR). */
  placeholderScope?: boolean;
  /** Send Basic without waiting for a challenge (ECR, Artifactory with anonymous access). */
  preemptiveBasic?: boolean;
  /** Extra scope actions asked for when listing tags, e.g. `metadata_read` (ACR). */
  tagListActions?: readonly string[];
  /** Bytes of one upload request, where the registry or what stands before it bounds them. Default: a blob in one request. */
  uploadChunkSize?: number;
  /** Link of a listing lacks a path prefix: take only its `last` (Artifactory, RTFACT-18971). */
  rebuildNextLink?: boolean;
  /** What `DELETE` of a manifest by tag does. Default `probe`. */
  delete?: DeletionTrait;
}

/**
 * What `DELETE /v2/<name>/manifests/<tag>` does: `tag`, only the tag goes; `manifest`, the manifest with all its tags goes, or it is
 * refused; `probe`, nobody knows. `provider`: the vendor's own interface deletes, this one does not. `unsupported`: nothing can be deleted.
 */
export type DeletionTrait = 'manifest' | 'tag' | 'provider' | 'unsupported' | 'probe';

/** Time, replaced in tests. */
export interface ClientClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface RegistryClientOptions {
  /** Base of the registry, `https://host[:port][/prefix]`; `/v2/` is appended. */
  url: URL | string;
  /** Default: anonymous. */
  credential?: Credential | CredentialSource;
  /** Identifies the credential in the token cache, so that two tenants never share a token. Default: one per client. */
  credentialId?: string;
  tls?: TlsOptions;
  /** `http://` or `https://` proxy, with optional userinfo. Default: none (the environment is not read). */
  proxy?: URL | string;
  timeouts?: Timeouts;
  /** Attempts after the first, for idempotent calls. Default 3. */
  retries?: number;
  /** Upper bound on requests started each second. Default: none. */
  requestsPerSecond?: number;
  addresses?: AddressPolicy;
  /** Name resolution; replaced in tests. */
  lookup?: Lookup;
  trustRealm?: RealmGuard;
  traits?: ClientTraits;
  userAgent?: string;
  onRequest?: (record: RequestRecord) => void;
  /** `Warning: 299` texts, each once a client. */
  onWarning?: (text: string) => void;
  onQuota?: (quota: Quota) => void;
  clock?: ClientClock;
}
