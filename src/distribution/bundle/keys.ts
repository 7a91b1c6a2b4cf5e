import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { InvalidSettings } from '../../core/errors.ts';

/** Whether a private key can be read only with its passphrase. */
export function isEncrypted(pem: string): boolean {
  return /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem);
}

/** @param pem PKCS #8, as `openssl genpkey -algorithm ed25519` makes it @throws InvalidSettings; never quotes the key */
export function readSigningKey(pem: string, passphrase?: string): KeyObject {
  return ed25519(
    () => createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) }),
    'private',
    'openssl genpkey -algorithm ed25519 -out key.pem',
  );
}

/** @param pem SPKI, as `openssl pkey -in key.pem -pubout` makes it @throws InvalidSettings */
export function readVerifyingKey(pem: string): KeyObject {
  // A private key would do as well, and has no business where things are only checked.
  if (/PRIVATE KEY/.test(pem))
    throw invalid('This is a private key, and the public one is meant: openssl pkey -in key.pem -pubout -out pub.pem.');
  return ed25519(() => createPublicKey({ key: pem, format: 'pem' }), 'public', 'openssl pkey -in key.pem -pubout -out pub.pem');
}

export function signBytes(bytes: Uint8Array, key: KeyObject): string {
  return `${sign(null, bytes, key).toString('base64')}\n`;
}

export function isSignedBy(bytes: Uint8Array, signature: string, key: KeyObject): boolean {
  const text = signature.trim();
  return /^[A-Za-z0-9+/]{86}==$/.test(text) && verify(null, bytes, key, Buffer.from(text, 'base64'));
}

function ed25519(read: () => KeyObject, kind: 'private' | 'public', command: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw invalid(
      `This is no ${kind} key in PEM form that can be read${kind === 'private' ? ', or its passphrase is wrong' : ''}. Make one with \`${command}\`.`,
    );
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw invalid(`This is a key for ${key.asymmetricKeyType ?? 'something else'}, and Ed25519 is needed. Make one with \`${command}\`.`);
  return key;
}

function invalid(message: string): InvalidSettings {
  return new InvalidSettings(message, [{ field: 'key', message }]);
}
