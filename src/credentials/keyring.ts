import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CredentialError, HubError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Queries, Store } from '../store/index.ts';
import { KeyFile } from './key-file.ts';
import {
  type MasterKey,
  newMasterKey,
  parseMasterKey,
  parseWrappedKey,
  unwrapDataKey,
  type WrappedKey,
  wrapDataKey,
} from './master-key.ts';

export interface KeyringOptions {
  store: Store;
  /** Where `master.key` is, unless `masterKey` is given. */
  dataDir: string;
  /** TAGBOAT_MASTER_KEY: 32 bytes in base64 or hexadecimal, or a passphrase of at least 16 characters. */
  masterKey?: string;
  /** The operator says that the right key is gone: start without secrets instead of refusing. Ignored when the key fits. */
  masterKeyLost?: boolean;
  /** Told of what an operator should look at. */
  onWarning?: (message: string) => void;
}

export interface Rotation {
  source: 'file' | 'environment';
  /**
   * The new master key, when the key comes from the environment and was made here: to be shown once, and set before the next
   * start.
   */
  masterKey?: Secret<string>;
}

const row = 'wrapped-data-key';
const format = 'v1';

/**
 * Opens the hub's keyring: the data key in the database, unwrapped by the master key. The first start makes both.
 *
 * - The master key does not fit: HubError `wrong_master_key`, unless `masterKeyLost`.
 * - There is no master key, but sealed data: state `lost`. Nothing is destroyed: with the key put back, the next start is as before.
 * - The key file is unreadable or no key: `master_key_missing`, `master_key_invalid`.
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const warn = options.onWarning ?? (() => {});
  const file = new KeyFile(options.dataDir);
  const stored = await readWrapped(options.store.db);
  const found = await findMasterKey(options, file, warn);

  if (!stored) {
    if (!found) await createKeyFile(file);
    const master = found ?? (await requireKeyFile(file, warn));
    return new Keyring(options, file, await createDataKey(options.store, master));
  }
  if (found) {
    const dataKey = unwrapDataKey(stored, found);
    if (dataKey) {
      if (options.masterKey === undefined) await file.discardNext();
      return new Keyring(options, file, { keyId: stored.keyId, dataKey });
    }
  }
  const interrupted = options.masterKey === undefined ? await finishReplacement(file, stored) : undefined;
  if (interrupted) return new Keyring(options, file, { keyId: stored.keyId, dataKey: interrupted });

  if (found && !options.masterKeyLost) {
    const place = options.masterKey === undefined ? file.path : 'TAGBOAT_MASTER_KEY';
    throw new HubError(
      `The master key from ${place} is not the one that the secrets in ${options.store.place} were sealed with.`,
      'wrong_master_key',
    );
  }
  warn(
    found
      ? 'The master key was declared lost: stored secrets cannot be used until an administrator accepts the loss and enters them again.'
      : `The master key ${file.path} is missing: stored secrets cannot be used. Put it back and start again, or accept the loss and enter them again.`,
  );
  return new Keyring(options, file, undefined);
}

interface DataKey {
  keyId: string;
  dataKey: Buffer;
}

/** Seals and opens the secrets that the hub stores. */
export class Keyring {
  readonly #options: KeyringOptions;
  readonly #file: KeyFile;
  #key: DataKey | undefined;

  /** @internal Use `openKeyring`. */
  constructor(options: KeyringOptions, file: KeyFile, key: DataKey | undefined) {
    this.#options = options;
    this.#file = file;
    this.#key = key;
  }

  /** `lost`: nothing can be sealed or opened until `acceptLoss`. */
  get state(): 'ready' | 'lost' {
    return this.#key ? 'ready' : 'lost';
  }

  /** Where the master key comes from. */
  get source(): 'file' | 'environment' {
    return this.#options.masterKey === undefined ? 'file' : 'environment';
  }

  /**
   * Encrypts `plain` (AES-256-GCM) as `v1.<key id>.<nonce>.<ciphertext and tag>`, bound to `context`: it opens only with the
   * same one. Use what identifies the place, e.g. `registry/<id>/password`, so that nobody can move a sealed value elsewhere.
   * Throws `key_lost`.
   */
  seal(plain: string, context: string): string {
    const { keyId, dataKey } = this.#require();
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', dataKey, nonce);
    cipher.setAAD(associatedData(keyId, context));
    const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${format}.${keyId}.${nonce.toString('base64url')}.${ciphertext.toString('base64url')}`;
  }

  /** Opens what `seal` made with the same context. Throws CredentialError `unseal_failed`: lost key, damage, or a moved value. */
  unseal(sealed: string, context: string): Secret<string> {
    const parts = parseSealed(sealed);
    if (!parts) throw unsealFailed('A stored secret is damaged: it is not in the format of sealed values.', context);
    if (this.#key?.keyId !== parts.keyId)
      throw unsealFailed('A stored secret was sealed with a key that is lost. It has to be entered again.', context);
    const decipher = createDecipheriv('aes-256-gcm', this.#key.dataKey, parts.nonce, { authTagLength: 16 });
    decipher.setAAD(associatedData(parts.keyId, context));
    decipher.setAuthTag(parts.tag);
    try {
      return new Secret(Buffer.concat([decipher.update(parts.ciphertext), decipher.final()]).toString('utf8'));
    } catch (error) {
      throw unsealFailed(
        'A stored secret was changed or belongs elsewhere: its seal does not fit. It has to be entered again.',
        context,
        error,
      );
    }
  }

  /** Whether a sealed value can never be opened again by this keyring, because its key is not the present one. */
  isLost(sealed: string): boolean {
    return this.#key === undefined || parseSealed(sealed)?.keyId !== this.#key.keyId;
  }

  /**
   * Wraps the data key with another master key: `next`, or a new random one. Sealed values stay as they are. Killed at any
   * point, either the old or the new key fits at the next start. Throws `key_lost`, `master_key_invalid`.
   */
  async rotate(next?: string): Promise<Rotation> {
    const { keyId, dataKey } = this.#require();
    const text = next === undefined ? newMasterKey() : new Secret(next.trim());
    const wrapped = wrapDataKey(dataKey, keyId, parseMasterKey(text.reveal(), 'the command'));
    if (this.source === 'file') await this.#file.prepare(text);
    await this.#options.store.transaction(async (trx) => {
      await this.#options.store.lock(trx, row);
      const stored = await readWrapped(trx);
      if (stored?.keyId !== keyId) throw new HubError('The data key was replaced by another process meanwhile.', 'key_lost');
      await writeWrapped(trx, wrapped);
    });
    if (this.source === 'file') {
      await this.#file.promote();
      return { source: 'file' };
    }
    return { source: 'environment', masterKey: next === undefined ? text : undefined };
  }

  /**
   * Gives up what was sealed before and makes a new data key (and `master.key`, if that is missing). Does nothing when the state is
   * `ready`. The old wrapped key is kept aside in the database.
   */
  async acceptLoss(): Promise<void> {
    if (this.#key) return;
    const { store } = this.#options;
    let master = await findMasterKey({ ...this.#options, masterKeyLost: true }, this.#file, () => {});
    const makeFile = master === undefined;
    if (!master) {
      const text = newMasterKey();
      await this.#file.prepare(text);
      master = parseMasterKey(text.reveal(), this.#file.nextPath);
    }
    const key = newDataKey();
    const wrapped = wrapDataKey(key.dataKey, key.keyId, master);
    await store.transaction(async (trx) => {
      await store.lock(trx, row);
      const old = await readWrapped(trx);
      if (old)
        await trx
          .insertInto('hub')
          .values({ key: `lost-data-key:${old.keyId}`, value: JSON.stringify(old) })
          .execute();
      await writeWrapped(trx, wrapped);
    });
    if (makeFile) await this.#file.promote();
    this.#key = key;
  }

  #require(): DataKey {
    if (!this.#key) throw new HubError('The master key is lost: secrets can neither be stored nor used.', 'key_lost');
    return this.#key;
  }
}

function associatedData(keyId: string, context: string): Buffer {
  return Buffer.from(`tagboat ${format} ${keyId} ${context}`);
}

function parseSealed(sealed: string): { keyId: string; nonce: Buffer; ciphertext: Buffer; tag: Buffer } | undefined {
  const match = /^v1\.([a-z0-9]{1,32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/.exec(sealed);
  if (!match) return undefined;
  const [, keyId = '', nonce = '', body = ''] = match;
  const bytes = Buffer.from(body, 'base64url');
  return { keyId, nonce: Buffer.from(nonce, 'base64url'), ciphertext: bytes.subarray(0, -16), tag: bytes.subarray(-16) };
}

function unsealFailed(message: string, context: string, cause?: unknown): CredentialError {
  return new CredentialError(message, { code: 'unseal_failed', fault: 'hub', cause, context: { place: context } });
}

function newDataKey(): DataKey {
  return { keyId: randomBytes(6).toString('hex'), dataKey: randomBytes(32) };
}

async function readWrapped(queries: Queries): Promise<WrappedKey | undefined> {
  const found = await queries.selectFrom('hub').select('value').where('key', '=', row).executeTakeFirst();
  return found && parseWrappedKey(found.value);
}

async function writeWrapped(queries: Queries, wrapped: WrappedKey): Promise<void> {
  const value = JSON.stringify(wrapped);
  await queries
    .insertInto('hub')
    .values({ key: row, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

async function findMasterKey(options: KeyringOptions, file: KeyFile, warn: (message: string) => void): Promise<MasterKey | undefined> {
  if (options.masterKey !== undefined) return parseMasterKey(options.masterKey, 'TAGBOAT_MASTER_KEY');
  const text = await file.read(warn);
  if (text === undefined) return undefined;
  try {
    return parseMasterKey(text, file.path);
  } catch (error) {
    if (!options.masterKeyLost) throw error;
    warn(`The master key ${file.path} holds no usable key.`);
    return undefined;
  }
}

async function createKeyFile(file: KeyFile): Promise<void> {
  await file.prepare(newMasterKey());
  await file.promote();
}

async function requireKeyFile(file: KeyFile, warn: (message: string) => void): Promise<MasterKey> {
  const text = await file.read(warn);
  if (text === undefined) throw new HubError(`The master key ${file.path} vanished while the hub was starting.`, 'master_key_missing');
  return parseMasterKey(text, file.path);
}

/** Two replicas may start on one empty database at once: the first row stands, and the other must have the same master key. */
async function createDataKey(store: Store, master: MasterKey): Promise<DataKey> {
  const key = newDataKey();
  const value = JSON.stringify(wrapDataKey(key.dataKey, key.keyId, master));
  await store.db
    .insertInto('hub')
    .values({ key: row, value })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const stored = await readWrapped(store.db);
  if (!stored || stored.keyId === key.keyId) return key;
  const dataKey = unwrapDataKey(stored, master);
  if (!dataKey) throw new HubError(`Another hub set up ${store.place} at the same time with another master key.`, 'wrong_master_key');
  return { keyId: stored.keyId, dataKey };
}

/** A rotation was cut off after the database was changed and before the file was renamed: finish it. */
async function finishReplacement(file: KeyFile, stored: WrappedKey): Promise<Buffer | undefined> {
  const text = await file.readNext();
  if (text === undefined) return undefined;
  const dataKey = unwrapDataKey(stored, parseMasterKey(text, file.nextPath));
  if (dataKey) await file.promote();
  return dataKey;
}
