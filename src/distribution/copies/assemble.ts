import type { Audit } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { HubEvents } from '../../core/events.ts';
import type { Keyring } from '../../credentials/index.ts';
import type { Queue } from '../../queue/index.ts';
import type { Registries } from '../../registries/index.ts';
import type { Store } from '../../store/index.ts';
import type { Targets } from '../targets.ts';
import { CopyClaims } from './claim-store.ts';
import { Copies, type LiveCopies } from './copies.ts';
import { CopyRunner, type CopyRunnerOptions } from './runner.ts';
import { CopyStore } from './store.ts';
import { UploadStore } from './upload-store.ts';

export interface CopyParts extends Pick<CopyRunnerOptions, 'parallel' | 'claimTime' | 'onWritten' | 'onFailure'> {
  store: Store;
  keyring: Pick<Keyring, 'seal' | 'unseal' | 'state'>;
  registries: Registries;
  targets: Targets;
  audit: Audit;
  events: HubEvents;
  queue: Queue;
  clock: Clock;
}

/** The service of copies, who makes them, and where uploads stand: for all that a hub moves. */
export function copyParts({ store, keyring, ...parts }: CopyParts): { copies: Copies; runner: CopyRunner; uploads: UploadStore } {
  const rows = new CopyStore(store);
  const uploads = new UploadStore(store, keyring);
  const live: LiveCopies = new Map();
  const making = { ...parts, store, claims: new CopyClaims(store), rows, uploads, live };
  return { copies: new Copies({ ...parts, rows, live }), runner: new CopyRunner(making), uploads };
}
