import { maxNameLength, nameKey } from '../../../core/names.ts';

/** Gives names that rules can have, each once. */
export class RuleNames {
  readonly #taken = new Set<string>();

  /** @param wanted any text: what a name cannot hold is replaced */
  take(wanted: string): string {
    const base =
      wanted
        .normalize('NFC')
        .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
        .replaceAll('/', '-')
        .trim()
        .slice(0, maxNameLength) || 'rule';
    let name = base;
    for (let number = 2; this.#taken.has(nameKey(name)); number++) {
      const suffix = `-${number}`;
      name = `${base.slice(0, maxNameLength - suffix.length)}${suffix}`;
    }
    this.#taken.add(nameKey(name));
    return name;
  }
}
