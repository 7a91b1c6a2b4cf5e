import { isDeepStrictEqual } from 'node:util';
import { readToml, type TomlKey, type TomlSection } from './client-config-toml.ts';

/** What keeps something from being put in by itself, for the person who owns the file. */
export class MergeConflict extends Error {}

/**
 * A JSON document completed by another: objects grow, lists get what they lack, other values of the same name have to be equal.
 *
 * @param force our value replaces a different one
 * @throws MergeConflict
 */
export function mergeJson(existing: string, addition: string, force = false): string {
  let before: unknown;
  try {
    before = existing.trim() === '' ? {} : JSON.parse(existing);
  } catch {
    throw new MergeConflict('it is not JSON');
  }
  const after = join(before, JSON.parse(addition), '', force);
  return isDeepStrictEqual(before, after) ? existing : `${JSON.stringify(after, null, indentOf(existing))}\n`;
}

function join(before: unknown, added: unknown, at: string, force: boolean): unknown {
  if (before === undefined) return added;
  if (Array.isArray(before) && Array.isArray(added)) {
    return [...before, ...added.filter((one) => !before.some((other) => isDeepStrictEqual(one, other)))];
  }
  if (isObject(before) && isObject(added)) {
    const joined: Record<string, unknown> = { ...before };
    for (const [key, value] of Object.entries(added)) {
      const value2 = join(Object.hasOwn(before, key) ? before[key] : undefined, value, at === '' ? key : `${at} → ${key}`, force);
      Object.defineProperty(joined, key, { value: value2, enumerable: true, configurable: true, writable: true });
    }
    return joined;
  }
  if (force || isDeepStrictEqual(before, added)) return added;
  throw new MergeConflict(at === '' ? 'it holds no JSON object' : `${at} is set to something else`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const indentOf = (text: string): string | number => /^\{\s*\n([ \t]+)/.exec(text)?.[1] ?? 2;

/**
 * A TOML document completed by another, its comments and order left alone: tables that it lacks come at its end, keys that a
 * table lacks below its header. Values of the same name have to be equal.
 *
 * @throws MergeConflict
 */
export function mergeToml(existing: string, addition: string): string {
  const before = readToml(existing);
  if (!before) throw new MergeConflict('it is not TOML');
  const added = readToml(addition);
  if (!added) throw new Error('The configuration that was made is not TOML.');
  const inserts: { at: number; text: string }[] = [];
  let end = '';
  for (const section of added) {
    const name = pathText(section.path);
    const there = before.filter((one) => samePath(one.path, section.path));
    const [first] = there;
    if (section.isArray || !first) {
      const clash =
        section.path.length > 0 && (there.length > 0 || before.some((one) => one.keys.some((key) => stands(one, key, section.path))));
      if (clash && !(section.isArray && sameEntries(there, section)))
        throw new MergeConflict(`[${name}] is there already, in another form`);
      if (!clash) end += `\n${section.text.trim()}\n`;
      continue;
    }
    if (first.isArray) throw new MergeConflict(`[[${name}]] is there already, in another form`);
    const missing: string[] = [];
    for (const key of section.keys) {
      const other = first.keys.find((one) => samePath(one.path, key.path));
      if (!other) missing.push(`${key.text}\n`);
      else if (other.value !== key.value) throw new MergeConflict(`${pathText([...section.path, ...key.path])} is set to ${other.value}`);
    }
    if (missing.length > 0) inserts.push({ at: first.start, text: missing.join('') });
  }
  let text = existing;
  for (const { at, text: more } of inserts.toSorted((a, b) => b.at - a.at))
    text = text.slice(0, at) + breakBefore(text, at) + more + text.slice(at);
  return end === '' ? text : `${text.trimEnd()}\n${end}`.replace(/^\n+/, '');
}

const breakBefore = (text: string, at: number): string => (at === 0 || text[at - 1] === '\n' ? '' : '\n');

const samePath = (a: readonly string[], b: readonly string[]): boolean => isDeepStrictEqual(a, b);

/** Whether a key outside says what a table of this path would say again. */
function stands(section: TomlSection, key: TomlKey, path: readonly string[]): boolean {
  const whole = [...section.path, ...key.path];
  return whole.length <= path.length ? samePath(whole, path.slice(0, whole.length)) : samePath(whole.slice(0, path.length), path);
}

const sameEntries = (there: readonly TomlSection[], section: TomlSection): boolean =>
  there.some(
    (one) => one.isArray && one.keys.length === section.keys.length && one.keys.every((key, at) => key.text === section.keys[at]?.text),
  );

const pathText = (path: readonly string[]): string =>
  path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part))).join('.');
