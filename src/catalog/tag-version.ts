/** A tag read as a version: `v1.4.2-rc.1`, `17.6`, `2026.11.1`, `1.29-alpine`. */
export interface TagVersion {
  /** One to four numbers; missing ones count as 0. */
  numbers: readonly number[];
  /** What follows the numbers, as semantic versioning reads a pre-release: numbers compare as numbers. */
  suffix: readonly (string | number)[];
}

const pattern = /^[vV]?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(.*)$/;

/**
 * Reads a tag as a version, more leniently than semantic versioning: a `v` before it, one to four numbers, leading zeros and
 * suffixes without hyphen (`1.8rc1`) are common in tags. Undefined for what is none: `latest`, `main`, `4f0c2e1`.
 */
export function parseTagVersion(tag: string): TagVersion | undefined {
  const match = pattern.exec(tag);
  if (!match) return undefined;
  const numbers = [match[1], match[2], match[3], match[4]].flatMap((text) => (text === undefined ? [] : [Number(text)]));
  const rest = match[5] ?? '';
  if (rest === '') return { numbers, suffix: [] };
  if (/^[-_+]./.test(rest)) return { numbers, suffix: identifiers(rest.slice(1)) };
  // With a single number this would take commit hashes for versions.
  return numbers.length > 1 && /^[A-Za-z]/.test(rest) ? { numbers, suffix: identifiers(rest) } : undefined;
}

function identifiers(text: string): (string | number)[] {
  return text.split(/[._-]/).map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : part));
}

/** Precedence of semantic versioning (2.0.0, section 11) on lenient versions; fewer numbers first when all else is equal. */
export function compareVersions(a: TagVersion, b: TagVersion): number {
  for (let at = 0; at < 4; at++) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return compareSuffixes(a.suffix, b.suffix) || a.numbers.length - b.numbers.length;
}

function compareSuffixes(a: TagVersion['suffix'], b: TagVersion['suffix']): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [one, other] = [a[at], b[at]];
    if (one === undefined || other === undefined) return a.length - b.length;
    if (one === other) continue;
    if (typeof one === 'number' && typeof other === 'number') return one - other;
    if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}
