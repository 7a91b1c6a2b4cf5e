import { Range } from 'semver';

/** A range in the words of another program, in ours. Undefined: it cannot be said here. */
export interface ReadRange {
  /** For `include`. */
  include: string;
  /** For `exclude`: what the other program has `!=` for. */
  exclude: string[];
}

/**
 * A constraint of Masterminds/semver, which skopeo has: as npm's ranges, with commas for "and", and `!=`. Both leave pre-releases out
 * unless the constraint names one.
 */
export function readMastermindsRange(text: string): ReadRange | undefined {
  const alternatives = text.split('||').map((part) => part.trim());
  const exclude: string[] = [];
  const include = alternatives.map((alternative) =>
    alternative
      .split(/,|\s+(?=[<>=!^~])/)
      .map((part) => part.trim())
      .filter((part) => {
        const unequal = /^!=\s*(.+)$/.exec(part)?.[1];
        if (unequal !== undefined) exclude.push(`=${unequal}`);
        return unequal === undefined && part !== '';
      })
      .join(' '),
  );
  // "Not this one, or that" is no list of what to leave out.
  if (exclude.length > 0 && alternatives.length > 1) return undefined;
  return checked(include.map((part) => (part === '' ? '*' : part)).join(' || '), exclude);
}

/**
 * A constraint of regclient: `>=`, `<=`, `>`, `<`, `=`, `^`, `~` or nothing before full versions, with blanks for "and". A version that
 * is cut short means zeros there, and anything at all in npm's ranges: it is filled up.
 */
export function readRegclientRange(text: string): ReadRange | undefined {
  const parts = text.trim().split(/\s+/);
  const filled: string[] = [];
  for (const part of parts) {
    const [, operator = '', version = '', suffix = ''] = /^(>=|<=|>|<|=|\^|~)?v?([0-9]+(?:\.[0-9]+){0,2})((?:[-+].*)?)$/.exec(part) ?? [];
    if (version === '') return undefined;
    const numbers = [...version.split('.'), '0', '0'].slice(0, 3);
    filled.push(`${operator === '' ? '=' : operator}${numbers.join('.')}${suffix}`);
  }
  return checked(filled.join(' '), []);
}

function checked(range: string, exclude: string[]): ReadRange | undefined {
  try {
    for (const one of [range, ...exclude]) new Range(one, { loose: true });
  } catch {
    return undefined;
  }
  // Without a sign in front, a filter would be a tag.
  const include = /^[<>=^~]|\|\|| - /.test(range) ? range : range === '*' ? '>=0' : `=${range}`;
  return { include, exclude };
}
