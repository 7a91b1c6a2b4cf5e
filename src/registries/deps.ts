import type { Audit } from '../access/index.ts';
import type { Clock } from '../core/clock.ts';
import type { HubEvents } from '../core/events.ts';
import type { Secret } from '../core/secret.ts';
import type { AddressPolicy, Credential, Lookup, RequestRecord, Timeouts } from '../oci/index.ts';
import type { GetOptions } from '../credentials/index.ts';
import type { CredentialSources } from '../credentials/sources/index.ts';
import type { ProviderSet } from '../provider/set.ts';
import type { Store } from '../store/index.ts';
import type { DoctorTimeouts } from './doctor/subject.ts';

/** What this stage needs of the keyring. */
export interface SecretKeyring {
  readonly state: 'ready' | 'lost';
  seal(plain: string, context: string): string;
  /** Throws CredentialError `unseal_failed`. */
  unseal(sealed: string, context: string): Secret<string>;
}

/** What this stage needs of the credential broker. */
export interface CredentialCache {
  get(key: string, issue: (signal: AbortSignal) => Promise<Credential>, options?: GetOptions): Promise<Credential>;
  /** Forgets one key, or the keys of a registry, `<registry id>@…`. */
  drop(key: string): void;
}

/** What this stage needs of the places that secrets are read from. */
export type SecretSources = Pick<CredentialSources, 'check' | 'readValue' | 'readCredential' | 'stamp' | 'describe'>;

/** How this hub goes out, for all registries alike. */
export interface OutboundPolicy {
  addresses?: AddressPolicy;
  timeouts?: Timeouts;
  /** Name resolution; replaced in tests. */
  lookup?: Lookup;
  userAgent?: string;
  /** Told of every HTTP exchange with a registry, for the debug log; holds no credential. */
  onRequest?: (record: RequestRecord) => void;
  /** Bounds of the doctor, in milliseconds. */
  doctor?: DoctorTimeouts;
  /** Stand-ins for providers' public services (private endpoints, tests): provider id → name → base URL. */
  endpoints?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface RegistriesDeps {
  store: Store;
  keyring: SecretKeyring;
  /** Default: no secret may be read elsewhere. */
  sources?: SecretSources;
  broker: CredentialCache;
  audit: Audit;
  providers: ProviderSet;
  events: HubEvents;
  clock?: Clock;
  policy?: OutboundPolicy;
  /** Told of errors of the hub itself that a connection test came upon. */
  onFailure?: (error: unknown) => void;
}
