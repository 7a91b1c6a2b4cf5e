/**
 * Whether a repository's name fits one of the globs, as the hub reads them: `*` and `?` stay between slashes, `**` crosses them, and before
 * other parts it also stands for none. For previews only: what a rule takes is decided by the hub.
 */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  const all = globs.map((glob) => [...tokens(glob)]);
  return (name) => all.some((each) => fits(each, name));
}

/** Names that a rule's source takes, in their order. */
export function matchingNames(names: readonly string[], globs: readonly string[], except: readonly string[]): string[] {
  const [takes, leaves] = [globMatcher(globs), globMatcher(except)];
  return names.filter((name) => takes(name) && !leaves(name));
}

/** Whether it has to be compared with names, rather than being one. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/**
 * Walks the name once, at all places of the glob where it may be: the time does not explode with stars, as that of an expression would. A
 * place is twice the index of a token, and odd inside the parts that a leading `**` stands for.
 */
function fits(glob: readonly string[], name: string): boolean {
  let places = reachable(glob, [0]);
  for (const character of name)
    places = reachable(
      glob,
      [...places].flatMap((place) => after(glob, place, character)),
    );
  return places.has(2 * glob.length);
}

function after(glob: readonly string[], place: number, character: string): number[] {
  const token = glob[Math.floor(place / 2)];
  if (place % 2 === 1) return character === '/' ? [place, place + 1] : [place];
  if (token === '**' || (token === '*' && character !== '/')) return [place];
  if (token === character || (token === '?' && character !== '/')) return [place + 2];
  return [];
}

function reachable(glob: readonly string[], from: readonly number[]): Set<number> {
  const places = new Set(from);
  for (const place of places) {
    const token = place % 2 === 0 ? glob[place / 2] : undefined;
    if (token === '*' || token === '**' || token === '**/') places.add(place + 2);
    if (token === '**/') places.add(place + 1);
  }
  return places;
}

function* tokens(glob: string): Generator<string> {
  // Stars beyond two say no more.
  const tidy = glob.slice(0, 255).replace(/\*{2,}/g, '**');
  for (let at = 0; at < tidy.length; at += 1) {
    if (!tidy.startsWith('**', at)) {
      yield tidy[at] ?? '';
      continue;
    }
    const partBegins = at === 0 || tidy[at - 1] === '/';
    at += partBegins && tidy[at + 2] === '/' ? 2 : 1;
    yield tidy[at] === '/' ? '**/' : '**';
  }
}
