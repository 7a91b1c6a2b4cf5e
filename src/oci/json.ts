import { ContentError } from './content-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Deeper than any manifest, config, token or page of names; shallow enough for recursive code to be safe with it. */
const maxDepth = 64;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses JSON from outside: UTF-8 only and at most 64 levels deep. Size is the caller's to bound.
 *
 * @param what What it is, for the error message, e.g. `The manifest`.
 * @throws ContentError `invalid_answer`.
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  checkDepth(bytes, what);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // V8's message quotes the text, which may hold a token.
    throw new ContentError(`${what} is not valid JSON.`);
  }
}

/** Own property of a parsed object. `__proto__` and inherited names are never read. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string, or undefined when it is missing or null. */
export function optionalString(object: JsonObject, name: string, where: string): string | undefined {
  const value = field(object, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new ContentError(`"${where}.${name}" is not a string.`);
  return value;
}

/** An array of strings, or undefined when it is missing or null. */
export function optionalStringArray(object: JsonObject, name: string, where: string): string[] | undefined {
  const value = field(object, name);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw new ContentError(`"${where}.${name}" is not a list of strings.`);
  }
  return value;
}

/** An object of strings, or undefined when it is missing or null. */
export function optionalStringRecord(object: JsonObject, name: string, where: string): Record<string, string> | undefined {
  const value = field(object, name);
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new ContentError(`"${where}.${name}" is not an object.`);
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw new ContentError(`"${where}.${name}" has a value that is not a string.`);
  }
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return Object.fromEntries(entries);
}

/** One pass over the bytes: UTF-8 never uses the bytes of `"`, `\`, brackets and braces for anything else. */
function checkDepth(bytes: Uint8Array, what: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) throw new ContentError(`${what} is JSON nested more than ${maxDepth} levels deep.`);
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
}
