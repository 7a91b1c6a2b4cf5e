import type { ImportNote } from './types.ts';
import { type MapValue, plain, type Value } from './value.ts';

/** Characters of a name, an address, a reference; of a certificate chain, a key. */
const [longestText, longestSecret] = [4096, 200_000];

/**
 * Reads a map of a document key by key and keeps account: a value of the wrong type becomes a note, a key that nobody asked for
 * is listed as unmapped. Notes name keys and never quote values.
 */
export class Entry {
  /** Path in the document: `registries[2]`. */
  readonly path: string;
  readonly notes: ImportNote[];
  readonly #map: MapValue;
  readonly #asked = new Set<string>();

  /** @param notes where notes go; those of a map inside another go to the outer one's */
  constructor(map: MapValue, path: string, notes: ImportNote[] = []) {
    this.#map = map;
    this.path = path;
    this.notes = notes;
    for (const key of map.repeated) this.note('warning', key, 'This key occurs more than once; the last one counts.');
  }

  /** The same map with notes of its own: what is said of it is said of one registry. */
  withNotes(notes: ImportNote[]): Entry {
    return new Entry(this.#map, this.path, notes);
  }

  /** Whether the key is there and not null. */
  has(key: string): boolean {
    const value = this.#map.entries.get(key);
    return value !== undefined && !(value.kind === 'scalar' && value.value === null);
  }

  /** Whether it is one value rather than a list or a map. Does not count as asking for it. */
  isScalar(key: string): boolean {
    return this.#map.entries.get(key)?.kind === 'scalar';
  }

  keys(): string[] {
    return [...this.#map.entries.keys()];
  }

  /** Text without blanks around it; undefined when it is empty, absent, or no scalar. */
  text(key: string): string | undefined {
    const text = this.secret(key)?.trim() || undefined;
    return text !== undefined && text.length > longestText ? this.#tooLong(key) : text;
  }

  /** Text as it is: blanks may belong to a password. */
  secret(key: string): string | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    if (value.kind === 'scalar' && value.text.length > longestSecret) return this.#tooLong(key);
    if (value.kind === 'scalar') return value.text === '' ? undefined : value.text;
    return this.#wrong(key, 'text');
  }

  /** Text, number or boolean, as the document has it. */
  scalar(key: string): string | number | boolean | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    return value.kind === 'scalar' && value.value !== null ? value.value : this.#wrong(key, 'text, a number, or true or false');
  }

  /** Words for true and false are taken in quotes, too: the imported systems differ there. */
  boolean(key: string): boolean | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    if (value.kind === 'scalar') {
      if (typeof value.value === 'boolean') return value.value;
      if (/^(?:true|yes|on)$/i.test(value.text)) return true;
      if (/^(?:false|no|off)$/i.test(value.text)) return false;
    }
    return this.#wrong(key, 'true or false');
  }

  number(key: string): number | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    const number = value.kind === 'scalar' && value.text.trim() !== '' ? Number(value.value) : Number.NaN;
    return Number.isFinite(number) && typeof (value as { value?: unknown }).value !== 'boolean' ? number : this.#wrong(key, 'a number');
  }

  /** A list of texts; what is no text in it is noted and left out. */
  texts(key: string): string[] | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    if (value.kind !== 'list') return this.#wrong(key, 'a list');
    return value.items.flatMap((item, index) => {
      const text = item.kind === 'scalar' ? item.text.trim() : '';
      if (text !== '' && text.length <= longestText) return [text];
      if (item.kind !== 'scalar' || text !== '') this.note('warning', `${key}[${index}]`, 'This has to be a short text; it is left out.');
      return [];
    });
  }

  /** A map inside, whose notes come here. */
  map(key: string): Entry | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    return value.kind === 'map'
      ? new Entry(value, `${this.path === '' ? '' : `${this.path}.`}${key}`, this.notes)
      : this.#wrong(key, 'a map');
  }

  list(key: string): readonly Value[] | undefined {
    const value = this.#take(key);
    if (!value) return undefined;
    return value.kind === 'list' ? value.items : this.#wrong(key, 'a list');
  }

  /** Without a prototype. */
  plain(): unknown {
    return plain(this.#map);
  }

  note(level: ImportNote['level'], key: string, message: string): void {
    const path = key === '' ? this.path : this.path === '' ? key : key.startsWith('[') ? `${this.path}${key}` : `${this.path}.${key}`;
    this.notes.push({ level, key: path.slice(0, 200), message });
  }

  /** Says of keys that are there that they are left out on purpose. */
  leaveOut(message: string, ...keys: readonly string[]): void {
    for (const key of keys) {
      if (!this.has(key)) continue;
      this.#asked.add(key);
      this.note('unmapped', key, message);
    }
  }

  /** Passes over keys that hold no setting: identifiers, states, times. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#asked.add(key);
  }

  /** Lists the keys that nobody asked for. */
  finish(message = 'This key is not known and is left out.'): void {
    for (const key of this.#map.entries.keys()) if (!this.#asked.has(key) && this.has(key)) this.note('unmapped', key, message);
  }

  #take(key: string): Value | undefined {
    this.#asked.add(key);
    return this.has(key) ? this.#map.entries.get(key) : undefined;
  }

  #tooLong(key: string): undefined {
    this.note('warning', key, 'This is longer than any such value; it is left out.');
    return undefined;
  }

  #wrong(key: string, wanted: string): undefined {
    this.note('warning', key, `This has to be ${wanted}; it is left out.`);
    return undefined;
  }
}
