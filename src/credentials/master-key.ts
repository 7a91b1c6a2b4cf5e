import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scryptSync } from 'node:crypto';
import { HubError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

/** What an operator gave as master key: 32 bytes, or a passphrase to stretch. */
export type MasterKey = Secret<{ kind: 'bytes'; bytes: Buffer } | { kind: 'passphrase'; text: string }>;

/** Shortest passphrase taken. */
const minPassphrase = 16;

/** Reads 32 bytes in hexadecimal or base64 (also base64url); anything else of at least 16 characters is a passphrase. */
export function parseMasterKey(text: string, from: string): MasterKey {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return new Secret({ kind: 'bytes', bytes: Buffer.from(trimmed, 'hex') });
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return new Secret({ kind: 'bytes', bytes: Buffer.from(trimmed, 'base64') });
  if (trimmed.length < minPassphrase) {
    throw new HubError(
      `The master key from ${from} is neither 32 bytes in base64 or hexadecimal nor a passphrase of at least ${minPassphrase} characters.`,
      'master_key_invalid',
    );
  }
  return new Secret({ kind: 'passphrase', text: trimmed });
}

/** 32 new random bytes in base64, as `parseMasterKey` reads them. */
export function newMasterKey(): Secret<string> {
  return new Secret(randomBytes(32).toString('base64'));
}

/** The data key, encrypted under a master key; stored as JSON. All binary members are base64url. */
export interface WrappedKey {
  version: 1;
  /** Names the data key; part of every sealed value. */
  keyId: string;
  /** How the wrapping key is made from the master key. */
  derivation: 'hkdf-sha256' | 'scrypt-32768-8-3';
  salt: string;
  nonce: string;
  ciphertext: string;
}

export function wrapDataKey(dataKey: Buffer, keyId: string, master: MasterKey): WrappedKey {
  const derivation = master.reveal().kind === 'bytes' ? 'hkdf-sha256' : 'scrypt-32768-8-3';
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(master, derivation, salt), nonce);
  cipher.setAAD(associatedData(keyId));
  const ciphertext = Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  const text = (bytes: Buffer) => bytes.toString('base64url');
  return { version: 1, keyId, derivation, salt: text(salt), nonce: text(nonce), ciphertext: text(ciphertext) };
}

/** The data key, or undefined when it was wrapped with another master key. */
export function unwrapDataKey(wrapped: WrappedKey, master: MasterKey): Buffer | undefined {
  const derivation = master.reveal().kind === 'bytes' ? 'hkdf-sha256' : 'scrypt-32768-8-3';
  if (derivation !== wrapped.derivation) return undefined;
  const sealed = Buffer.from(wrapped.ciphertext, 'base64url');
  const key = wrappingKey(master, derivation, Buffer.from(wrapped.salt, 'base64url'));
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(wrapped.nonce, 'base64url'), { authTagLength: 16 });
  decipher.setAAD(associatedData(wrapped.keyId));
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  } catch {
    // The one way that GCM says "not this key".
    return undefined;
  }
}

export function parseWrappedKey(json: string): WrappedKey {
  const value = JSON.parse(json) as WrappedKey;
  if (value.version !== 1) throw new HubError(`The stored data key has the unknown format ${String(value.version)}.`, 'store_schema_newer');
  return value;
}

function associatedData(keyId: string): Buffer {
  return Buffer.from(`tagboat data key ${keyId}`);
}

function wrappingKey(master: MasterKey, derivation: WrappedKey['derivation'], salt: Buffer): Buffer {
  const key = master.reveal();
  if (key.kind === 'bytes') return Buffer.from(hkdfSync('sha256', key.bytes, salt, 'tagboat master key', 32));
  // A passphrase can be guessed at; 32 MiB and three passes a guess. Only at start and rotation, so it may block.
  if (derivation !== 'scrypt-32768-8-3') throw new TypeError('a passphrase is stretched by scrypt');
  return scryptSync(key.text.normalize('NFKC'), salt, 32, { N: 32_768, r: 8, p: 3, maxmem: 64 * 1024 * 1024 });
}
