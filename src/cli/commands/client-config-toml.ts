/** A key of a table, its value as it is written. */
export interface TomlKey {
  path: string[];
  value: string;
  /** `key = value`, as it is written. */
  text: string;
}

/** A table, or one entry of an array of tables, with the keys below its header; the first is the root. */
export interface TomlSection {
  path: string[];
  isArray: boolean;
  keys: TomlKey[];
  /** Offset where a first key may be put: behind the line of the header. */
  start: number;
  /** Header and keys as they are written. */
  text: string;
}

/** Longest file that is read. */
const longest = 1024 * 1024;

/**
 * The outline of a TOML document (toml.io, 1.0): which tables and keys there are, and where. Values are not read, only passed over.
 * `undefined` where it is no TOML.
 */
export function readToml(text: string): TomlSection[] | undefined {
  if (text.length > longest) return undefined;
  const reader = new Reader(text);
  const root: TomlSection = { path: [], isArray: false, keys: [], start: 0, text: '' };
  const sections = [root];
  let current = root;
  let begins = 0;
  while (reader.skipBlank()) {
    const at = reader.at;
    const header = reader.header();
    if (header === null) return undefined;
    if (header) {
      current.text = text.slice(begins, at);
      begins = at;
      current = { ...header, keys: [], start: reader.lineEnd(), text: '' };
      sections.push(current);
      continue;
    }
    const key = reader.pair();
    if (!key) return undefined;
    current.keys.push(key);
  }
  current.text = text.slice(begins);
  return sections;
}

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Passes over white space, line ends and comments; false at the end. */
  skipBlank(): boolean {
    this.#match(/(?:[\s\ufeff]|#[^\n]*)*/y);
    return this.at < this.#text.length;
  }

  /** Offset behind the line that ended here. */
  lineEnd(): number {
    const end = this.#text.indexOf('\n', this.at);
    return end === -1 ? this.#text.length : end + 1;
  }

  /** `[a.b]` or `[[a.b]]`; undefined where no header begins; null where one is broken. */
  header(): { path: string[]; isArray: boolean } | null | undefined {
    const open = this.#match(/\[\[?[ \t]*/y);
    if (open === undefined) return undefined;
    const isArray = open.startsWith('[[');
    const path = this.#path();
    if (!path || this.#match(isArray ? /[ \t]*\]\][ \t]*(?:#[^\n]*)?(?=\r?\n|$)/y : /[ \t]*\][ \t]*(?:#[^\n]*)?(?=\r?\n|$)/y) === undefined)
      return null;
    return { path, isArray };
  }

  pair(): TomlKey | undefined {
    const from = this.at;
    const path = this.#path();
    if (!path || this.#match(/[ \t]*=[ \t]*/y) === undefined) return undefined;
    const begins = this.at;
    if (!this.#value(0)) return undefined;
    const value = this.#text.slice(begins, this.at).trimEnd();
    const text = this.#text.slice(from, this.at).trimEnd();
    return this.#match(/[ \t]*(?:#[^\n]*)?(?=\r?\n|$)/y) === undefined ? undefined : { path, value, text };
  }

  #path(): string[] | undefined {
    const path: string[] = [];
    do {
      const part = this.#match(/[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y);
      if (part === undefined) return undefined;
      const name = part.startsWith('"') ? unescape(part) : part.startsWith("'") ? part.slice(1, -1) : part;
      if (name === undefined) return undefined;
      path.push(name);
    } while (this.#match(/[ \t]*\.[ \t]*/y) !== undefined);
    return path;
  }

  #value(depth: number): boolean {
    if (depth > 32) return false;
    const text = /"""(?:[^\\]|\\[^])*?"{3,5}(?!")|'''[^]*?'{3,5}(?!')|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s[\]{}"',#=][^\n[\]{}"',#]*/y;
    if (this.#match(/\[/y) !== undefined) return this.#list(depth, false);
    if (this.#match(/\{/y) !== undefined) return this.#list(depth, true);
    return this.#match(text) !== undefined;
  }

  #list(depth: number, isTable: boolean): boolean {
    const close = isTable ? /\}/y : /\]/y;
    for (;;) {
      if (!this.skipBlank()) return false;
      if (this.#match(close) !== undefined) return true;
      if (isTable && (!this.#path() || this.#match(/[ \t]*=[ \t]*/y) === undefined)) return false;
      if (!this.#value(depth + 1) || !this.skipBlank()) return false;
      if (this.#match(/,/y) === undefined) return this.#match(close) !== undefined;
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}

/** TOML's escapes are JSON's, but for `\UXXXXXXXX` and `\e`, which no key here needs. */
function unescape(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}
