import { InvalidSettings } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { ContentError } from '../../oci/content-error.ts';
import { isObject, parseJson } from '../../oci/json.ts';
import { printable } from '../../oci/text.ts';
import { failed } from './source.ts';

/** The largest secret that a cloud keeps is 64 KiB; as JSON in base64 that is less than this. */
export const maxSecretAnswer = 256 * 1024;

/**
 * The value of a secret that a secret manager holds, or of one field of it.
 *
 * @param what for messages: "the secret prod/registry of AWS Secrets Manager"
 * @throws CredentialError `credential_source_failed`, which never quotes what the secret holds but the names of its fields
 */
export function secretValue(text: string, wanted: string | undefined, what: string): Secret<string> {
  if (wanted === undefined) return new Secret(text);
  const json = jsonOf(text);
  if (!isObject(json))
    throw failed(`The field ${wanted} was asked for, but ${what} is not a JSON object. Leave out #${wanted} to take all of it.`);
  const value: unknown = Object.hasOwn(json, wanted) ? json[wanted] : undefined;
  if (typeof value === 'string') return new Secret(value);
  // A JSON key that was stored as what it is, or a number.
  if (typeof value === 'number' || isObject(value)) return new Secret(JSON.stringify(value));
  const names = Object.keys(json).slice(0, 8);
  const shown = names.map((name) => printable(name, 60)).join(', ');
  throw failed(`There is no field ${wanted} in ${what}. It has: ${names.length === 0 ? 'none' : shown}.`);
}

/** Bytes as text. @throws CredentialError for what is no UTF-8 */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw failed(`Bytes that are no text were found in ${what}. Store it as text.`, error);
  }
}

/** A reference that is not well written. Nothing of it is repeated: it may be a secret in the wrong field. */
export function unreadable(message: string): InvalidSettings {
  return new InvalidSettings(message, [{ field: 'source', message }]);
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(Buffer.from(text), 'It');
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}
