import type { Clock } from '../../core/clock.ts';
import type { ProviderHttp } from '../../provider/http.ts';

/** What reading a cloud's secret manager needs. */
export interface CloudSecretDeps {
  /** Calls to the cloud: bounded, over https. */
  http: ProviderHttp;
  /** Base URLs that stand in for the cloud's own (private endpoints, tests). */
  endpoints?: Readonly<Record<string, string>>;
  clock: Clock;
  signal?: AbortSignal;
}
