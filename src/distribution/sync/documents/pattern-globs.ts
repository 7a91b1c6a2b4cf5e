/** Globs that one pattern becomes at most. */
const mostGlobs = 50;
/** Groups inside each other are read by recursion. */
const longestPattern = 1000;

/**
 * The globs that fit the same names of repositories as a regular expression in which somebody lists repositories (`library/.*`,
 * `(eu|us)/api-[^/]+`). Undefined when it says more than globs can.
 *
 * It is anchored as regsync anchors it: a caret before the whole and a dollar behind it, so that of alternatives on the outermost level only
 * the first is bound to the beginning of the name, and only the last to its end.
 */
export function patternToGlobs(pattern: string): string[] | undefined {
  if (pattern.length > longestPattern) return undefined;
  const reader = new PatternReader(pattern);
  const alternatives = reader.alternatives();
  if (!alternatives || !reader.isAtEnd) return undefined;
  const last = alternatives.length - 1;
  const globs = alternatives.flatMap((list, i) =>
    list.map((glob) => `${i > 0 ? '**' : ''}${glob}${i < last ? '**' : ''}`.replace(/\*{3,}/g, '**')),
  );
  return globs.length <= mostGlobs && globs.every((glob) => glob !== '') ? [...new Set(globs)] : undefined;
}

class PatternReader {
  readonly #text: string;
  #at = 0;

  constructor(pattern: string) {
    this.#text = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Of each alternative, the globs that it becomes. */
  alternatives(): string[][] | undefined {
    const all: string[][] = [];
    do {
      const one = this.#sequence();
      if (!one) return undefined;
      all.push(one);
    } while (this.#take('|'));
    return all;
  }

  #sequence(): string[] | undefined {
    let globs = [''];
    // What regsync adds itself, some write as well.
    this.#take('^');
    while (!this.isAtEnd && !/[|)]/.test(this.#text[this.#at] ?? '')) {
      if (this.#text.slice(this.#at) === '$') {
        this.#at++;
        break;
      }
      const next = this.#piece();
      if (!next) return undefined;
      globs = globs.flatMap((glob) => next.map((piece) => glob + piece));
      if (globs.length > mostGlobs) return undefined;
    }
    return globs;
  }

  #piece(): string[] | undefined {
    if (this.#take('(')) {
      this.#take('?:');
      const inner = this.alternatives()?.flat();
      if (!inner || !this.#take(')')) return undefined;
      return this.#isRepeated() ? undefined : inner;
    }
    for (const [written, globs] of Object.entries(pieces)) if (this.#take(written)) return this.#isRepeated() ? undefined : globs;
    const [character = ''] = /^(?:\\[./_-]|[a-z0-9/_-])/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += character.length;
    return character === '' || this.#isRepeated() ? undefined : [character.slice(-1)];
  }

  #isRepeated(): boolean {
    return /[*+?{]/.test(this.#text[this.#at] ?? '');
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

/** Longer ones first. A dot may stand for a slash, too. */
const pieces: Readonly<Record<string, string[]>> = {
  '[^/]*': ['*'],
  '[^/]+': ['?*'],
  '[^/]': ['?'],
  '.*': ['**'],
  '.+': ['?**', '/**'],
  '.': ['?', '/'],
};
