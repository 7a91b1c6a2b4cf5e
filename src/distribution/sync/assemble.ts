import type { Audit } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { HubEvents } from '../../core/events.ts';
import type { Queue } from '../../queue/index.ts';
import type { Registries } from '../../registries/index.ts';
import type { Store } from '../../store/index.ts';
import type { UploadStore } from '../copies/upload-store.ts';
import type { Targets } from '../targets.ts';
import { HubWorlds } from './hub-world.ts';
import { LinkStore } from './link-store.ts';
import { RunClaims } from './run-claim-store.ts';
import { RuleStore } from './rule-store.ts';
import { SyncRules } from './rules.ts';
import { RunStore } from './run-store.ts';
import { SyncRunner, type SyncRunnerDeps } from './runner.ts';
import { SeenStore } from './seen-store.ts';

export interface SyncParts extends Pick<SyncRunnerDeps, 'parallel' | 'claimTime' | 'onWritten' | 'onFailure'> {
  store: Store;
  registries: Registries;
  targets: Targets;
  uploads: UploadStore;
  audit: Audit;
  events: HubEvents;
  queue: Queue;
  clock: Clock;
}

/** The service of sync rules, and who runs them. */
export function syncParts({ store, targets, ...parts }: SyncParts): { rules: SyncRules; runner: SyncRunner } {
  const { registries, audit, clock } = parts;
  const rows = new RuleStore(store);
  const runs = new RunStore(store);
  const shared = {
    ...parts,
    rows,
    seen: new SeenStore(store),
    links: new LinkStore(store),
    runs,
    claims: new RunClaims(store, runs, clock),
    worlds: new HubWorlds({ targets, registries, audit, clock, enabledRules: () => rows.enabled() }),
  };
  const runner = new SyncRunner(shared);
  return { rules: new SyncRules({ ...shared, runner }), runner };
}
