import type { ApiTokens, Audit, Projects, Sessions, Setup, Users } from '../access/index.ts';
import type { Catalog } from '../catalog/index.ts';
import type { Clock } from '../core/clock.ts';
import type { HubEvents } from '../core/events.ts';
import type { Keyring } from '../credentials/index.ts';
import type { CredentialSources } from '../credentials/sources/index.ts';
import type { Copies, Deletions, SyncRules } from '../distribution/index.ts';
import type { Imports } from '../imports/index.ts';
import type { ProviderSet } from '../provider/index.ts';
import type { Alerts, Handouts, Registries, RegistryCredentials, Repositories } from '../registries/index.ts';
import type { Store } from '../store/index.ts';

/** What the API stands on. The composition root (`hub.ts`) makes it; nothing in `api/` constructs a service. */
export interface Services {
  store: Store;
  keyring: Keyring;
  setup: Setup;
  users: Users;
  sessions: Sessions;
  tokens: ApiTokens;
  projects: Projects;
  audit: Audit;
  providers: ProviderSet;
  sources: CredentialSources;
  registries: Registries;
  handouts: Handouts;
  credentials: RegistryCredentials;
  alerts: Alerts;
  repositories: Repositories;
  catalog: Catalog;
  imports: Imports;
  copies: Copies;
  deletions: Deletions;
  syncRules: SyncRules;
  events: HubEvents;
  clock: Clock;
  /** People reach the hub over HTTPS, whatever a request looks like: cookies are marked Secure. */
  https: boolean;
  /** Rejects when the hub cannot work: its database is out of reach. */
  checkReady(): Promise<void>;
  /** Of the program, e.g. `0.1.0`. */
  version: string;
  /** Epoch milliseconds. */
  startedAt: number;
}
