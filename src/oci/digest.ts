import { hash } from 'node:crypto';
import { InvalidReference } from './errors.ts';
import { quote } from './text.ts';

/** The registered algorithms of the OCI image specification ("Descriptors", Digests) that are accepted. */
export type DigestAlgorithm = 'sha256' | 'sha512';

/** `sha256:<64 hex>` or `sha512:<128 hex>`, lower case. */
export type Digest = `${DigestAlgorithm}:${string}`;

const encodedLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

export interface ParsedDigest {
  algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal. */
  encoded: string;
}

/** Whether the text is a digest of an accepted algorithm. */
export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':');
  if (colon !== 6) return false;
  const length = encodedLength[text.slice(0, colon) as DigestAlgorithm];
  return length !== undefined && text.length === 7 + length && isLowerHex(text, 7);
}

/**
 * Takes a digest apart.
 *
 * @throws InvalidReference when it is malformed or its algorithm is not accepted.
 */
export function parseDigest(text: string): ParsedDigest {
  if (isDigest(text)) return { algorithm: text.slice(0, 6) as DigestAlgorithm, encoded: text.slice(7) };
  const colon = text.indexOf(':');
  if (colon < 0) throw new InvalidReference(`${quote(text)} is not a digest: "sha256:" and 64 hexadecimal digits are expected.`);
  const algorithm = text.slice(0, colon);
  const length = Object.hasOwn(encodedLength, algorithm) ? encodedLength[algorithm as DigestAlgorithm] : undefined;
  if (length === undefined) {
    throw new InvalidReference(`The digest algorithm ${quote(algorithm)} is not supported: only sha256 and sha512 are.`);
  }
  throw new InvalidReference(`${quote(text)} is not a digest: ${algorithm} needs ${length} lower-case hexadecimal digits.`);
}

/** Digest of the bytes. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${hash(algorithm, bytes, 'hex')}`;
}

function isLowerHex(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}
