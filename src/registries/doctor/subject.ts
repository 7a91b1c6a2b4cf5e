import type { Clock } from '../../core/clock.ts';
import type { Credential, RegistryClient, RegistryClientOptions } from '../../oci/index.ts';
import type { CatalogContext } from '../../provider/define.ts';
import type { ProviderHttp } from '../../provider/http.ts';
import type { ProviderSet } from '../../provider/set.ts';
import type { RegistryConfiguration } from '../draft.ts';

/** Bounds of an examination, in milliseconds. */
export interface DoctorTimeouts {
  /** One connection, one handshake, one name. Default 10 000. */
  connect?: number;
  /** One answer. Default 15 000. */
  answer?: number;
  /** Everything together. Default 60 000. */
  total?: number;
}

/** What the doctor examines: a registry, saved or not, and the means to reach it. */
export interface DoctorSubject {
  configuration: RegistryConfiguration;
  /** Options of its client, without credential. */
  client: RegistryClientOptions;
  /** Issues a fresh credential, past every cache. */
  issueCredential(http: ProviderHttp, signal: AbortSignal): Promise<Credential>;
  /** For the provider's own functions; undefined when they cannot be called with a credential from elsewhere. */
  catalogContext(client: RegistryClient, credential: () => Promise<Credential>, signal: AbortSignal): Promise<CatalogContext | undefined>;
  /** Providers to recognise the address and the challenge by. */
  providers: ProviderSet;
  /** Secrets in plain, to be hidden wherever the other side repeats them. More come when a credential is issued. */
  secrets: readonly string[];
  /** Where secrets are read, for people. */
  sources: readonly string[];
  clock: Clock;
  timeouts?: DoctorTimeouts;
  /** Told of errors that are the hub's own, for its log. */
  onFailure?: (error: unknown) => void;
}
