/** What a TOML file can hold, as far as the clients here need it. */
export type TomlValue = string | boolean | number | readonly TomlValue[];
export interface TomlTable {
  readonly [key: string]: TomlValue | TomlTable | readonly TomlTable[];
}

/**
 * A TOML document (toml.io, 1.0). Every string and key is encoded, so that nothing from outside can end its own value.
 * Plain values of a table come before its tables, which is the only order that TOML can say.
 */
export function encodeToml(table: TomlTable): string {
  const lines: string[] = [];
  writeTable(table, [], lines);
  return `${lines.join('\n').trim()}\n`;
}

/** One line `# …`, whatever the text holds. */
export function tomlComment(text: string): string {
  return `# ${text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}\n`;
}

function writeTable(table: TomlTable, path: readonly string[], lines: string[]): void {
  const entries = Object.entries(table);
  for (const [key, value] of entries) if (!isTables(value)) lines.push(`${encodeKey(key)} = ${encodeValue(value)}`);
  for (const [key, value] of entries) {
    if (!isTables(value)) continue;
    const inside = [...path, key];
    const header = inside.map(encodeKey).join('.');
    if (Array.isArray(value)) {
      for (const one of value as readonly TomlTable[]) {
        lines.push('', `[[${header}]]`);
        writeTable(one, inside, lines);
      }
      continue;
    }
    const child = value as TomlTable;
    // A table that holds only tables goes without saying.
    if (Object.keys(child).length === 0 || Object.values(child).some((one) => !isTables(one))) lines.push('', `[${header}]`);
    writeTable(child, inside, lines);
  }
}

function isTables(value: TomlTable[string]): value is TomlTable | readonly TomlTable[] {
  if (Array.isArray(value)) return value.length > 0 && typeof value[0] === 'object' && !Array.isArray(value[0]);
  return typeof value === 'object';
}

function encodeValue(value: TomlValue): string {
  if (typeof value === 'string') return encodeString(value);
  if (typeof value === 'object') return `[${value.map(encodeValue).join(', ')}]`;
  return String(value);
}

function encodeKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : encodeString(key);
}

/** JSON's escapes are TOML's, but for DEL, which TOML wants escaped, and half characters, which it has no way to say. */
function encodeString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll('\u007f', '\\u007f');
}
