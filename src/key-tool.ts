import { Audit } from './access/index.ts';
import { type HubConfig, hubConfig } from './config.ts';
import { HubError } from './core/errors.ts';
import type { Keyring } from './credentials/index.ts';
import { openHubKeyring, openHubStore } from './hub.ts';
import type { Store } from './store/index.ts';

const warn = (message: string): void => void process.stderr.write(`${message}\n`);

/** Opens store and keyring beside a hub that may run, and closes them after. */
async function withKeyring<T>(
  given: Partial<HubConfig>,
  work: (keyring: Keyring, store: Store, config: HubConfig) => Promise<T>,
): Promise<T> {
  const config = hubConfig(given);
  const store = await openHubStore(config, warn, 'tool');
  try {
    return await work(await openHubKeyring(config, store, warn), store, config);
  } finally {
    await store.close();
  }
}

const sourceOf = (keyring: Keyring, config: HubConfig): string =>
  keyring.source === 'environment' ? 'TAGBOAT_MASTER_KEY' : `${config.dataDir}/master.key`;

/** Where the master key comes from and whether it fits, for people. */
export function keyStatus(given: Partial<HubConfig>): Promise<string> {
  return withKeyring(given, async (keyring, store, config) =>
    keyring.state === 'ready'
      ? `The master key from ${sourceOf(keyring, config)} fits ${store.place}.\n`
      : `The master key of ${store.place} is missing: stored secrets cannot be used.\n`,
  );
}

/** Wraps the data key with another master key, and says what to do with it. */
export function rotateKey(given: Partial<HubConfig>, next?: string): Promise<string> {
  return withKeyring(given, async (keyring, store, config) => {
    const rotation = await keyring.rotate(next);
    await new Audit({ store }).record({
      principal: 'system',
      action: 'hub.key-rotated',
      detail: `By \`tagboat key rotate\`; the key comes from ${rotation.source}.`,
    });
    if (rotation.source === 'file') return `The master key ${sourceOf(keyring, config)} is replaced. Back it up.\n`;
    if (!rotation.masterKey) return 'The master key is replaced. Set TAGBOAT_MASTER_KEY to the new one before the next start.\n';
    return `The master key is replaced. Set TAGBOAT_MASTER_KEY to this before the next start; it is shown this once:\n${rotation.masterKey.reveal()}\n`;
  });
}

/** Gives up what cannot be opened any more. */
export function acceptKeyLoss(given: Partial<HubConfig>): Promise<string> {
  return withKeyring({ ...given, masterKeyLost: true }, async (keyring, store) => {
    if (keyring.state === 'ready') throw new HubError('The master key fits: nothing is lost.', 'conflict');
    await keyring.acceptLoss();
    await new Audit({ store }).record({ principal: 'system', action: 'hub.key-loss-accepted', detail: 'By `tagboat key accept-loss`.' });
    return 'There is a new key. Start the hub and enter the secrets of its registries again.\n';
  });
}
