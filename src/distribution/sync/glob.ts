import { InvalidSettings } from '../../core/errors.ts';

/**
 * Globs over names: `*` and `?` stay between slashes, `**` crosses them. As a part of its own before others, `**` also stands for no part at
 * all: `api` is found below it, too. Everything else is the character itself.
 *
 * Kept as an automaton rather than a regular expression: two rules are compared by asking whether any name at all fits both.
 */
export class Globs {
  readonly #states: State[] = [];
  readonly #starts: number[] = [];
  readonly #ends = new Set<number>();
  /** Sets of states that were met, each once, and where a character leads from them: names of one registry take the same few ways. */
  #sets = new Map<string, StateSet>();
  #steps = new Map<StateSet, Map<string, StateSet>>();

  /** @param globs Fits what fits any of them. */
  constructor(globs: readonly string[]) {
    for (const glob of globs) this.#add(glob);
  }

  matches(name: string): boolean {
    let set = this.start();
    for (const character of name) {
      set = this.step(set, character);
      if (set.length === 0) return false;
    }
    return this.accepts(set);
  }

  /** States before anything was read. */
  start(): StateSet {
    return this.#close(this.#starts);
  }

  step(set: StateSet, character: string): StateSet {
    let known = this.#steps.get(set);
    if (!known) this.#steps.set(set, (known = new Map<string, StateSet>()));
    let to = known.get(character);
    if (!to) known.set(character, (to = this.#move(set, character)));
    return to;
  }

  #move(set: StateSet, character: string): StateSet {
    const next: number[] = [];
    for (const at of set) {
      for (const move of this.#states[at]?.moves ?? []) if (fits(move.on, character)) next.push(move.to);
    }
    return this.#close(next);
  }

  accepts(set: StateSet): boolean {
    return set.some((at) => this.#ends.has(at));
  }

  /** Every character that some glob names. */
  characters(): Set<string> {
    return new Set(this.#states.flatMap(({ moves }) => moves.flatMap(({ on }) => (on.length === 1 ? [on] : []))));
  }

  #add(glob: string): void {
    let at = this.#state();
    this.#starts.push(at);
    for (const token of tokens(glob)) {
      const next = this.#state();
      const state = this.#states[at];
      if (token === '**/') {
        const inside = this.#state();
        state?.free.push(next, inside);
        this.#states[inside]?.moves.push({ on: anything, to: inside }, { on: '/', to: next });
      } else if (token === '**' || token === '*') {
        state?.free.push(next);
        state?.moves.push({ on: token === '**' ? anything : withinPart, to: at });
      } else state?.moves.push({ on: token === '?' ? withinPart : token, to: next });
      at = next;
    }
    this.#ends.add(at);
  }

  #state(): number {
    return this.#states.push({ free: [], moves: [] }) - 1;
  }

  #close(from: readonly number[]): StateSet {
    const seen = new Set<number>();
    const waiting = [...from];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      waiting.push(...(this.#states[at]?.free ?? []));
    }
    const set = [...seen].sort((a, b) => a - b);
    const key = set.join();
    const known = this.#sets.get(key);
    if (known) return known;
    if (this.#sets.size >= mostKept) {
      this.#sets = new Map();
      this.#steps = new Map();
    }
    this.#sets.set(key, set);
    return set;
  }
}

/** Sets that are kept of one matcher. */
const mostKept = 2000;

export type StateSet = readonly number[];

interface State {
  /** Reached without reading anything. */
  free: number[];
  moves: { on: string; to: number }[];
}

/** Names of moves that are no single character. */
const anything = 'any';
const withinPart = 'part';

function fits(on: string, character: string): boolean {
  return on === character || on === anything || (on === withinPart && character !== '/');
}

function* tokens(glob: string): Generator<string> {
  for (let at = 0; at < glob.length; at++) {
    if (glob[at] !== '*') {
      yield glob[at] ?? '';
      continue;
    }
    const begin = at;
    while (glob[at + 1] === '*') at++;
    if (begin === at) yield '*';
    else if (glob[at + 1] === '/' && (begin === 0 || glob[begin - 1] === '/')) {
      at++;
      yield '**/';
    } else yield '**';
  }
}

/** Moves of states, some million a second: for one comparison of patterns, and for all that belong together. */
const mostMoves = 1_000_000;
const mostMovesTogether = 3_000_000;

/** Bounds what comparing patterns costs: somebody may write ones that take minutes, and the process has other things to do. */
export class Effort {
  #together = 0;
  #one = 0;

  /** Another two patterns are compared. */
  begin(): void {
    this.#one = 0;
  }

  isSpent(moves: number): boolean {
    this.#one += moves;
    this.#together += moves;
    return this.#one > mostMoves || this.#together > mostMovesTogether;
  }
}

/** Sets of states that are looked at before two patterns are taken to meet. Real ones take some dozens. */
const mostSets = 4000;

/**
 * Whether some name fits both and not `except`. Says yes when it cannot be found out with reasonable effort: a rule too many that is
 * suspected of a loop is better than a loop.
 */
export function mayMeet(one: Globs, other: Globs, except: Globs = new Globs([]), effort = new Effort()): boolean {
  const all = [one, other, except];
  effort.begin();
  // One character stands for all those that nobody names.
  const alphabet = [...new Set(['/', '\u0000', ...all.flatMap((globs) => [...globs.characters()])])];
  const seen = new Set<string>();
  const waiting: StateSet[][] = [all.map((globs) => globs.start())];
  for (let sets = waiting.pop(); sets; sets = waiting.pop()) {
    const [first = [], second = [], third = []] = sets;
    if (first.length === 0 || second.length === 0) continue;
    if (one.accepts(first) && other.accepts(second) && !except.accepts(third)) return true;
    const key = sets.map((set) => set.join()).join(';');
    if (seen.has(key)) continue;
    const cost = (first.length + second.length + third.length) * alphabet.length;
    if (seen.add(key).size > mostSets || effort.isSpent(cost)) return true;
    for (const character of alphabet) waiting.push(all.map((globs, i) => globs.step(sets[i] ?? [], character)));
  }
  return false;
}

/** Whether it has to be compared with names, rather than being one. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** What all names begin with that fit a glob; of a name all of it. */
export function fixedPart(glob: string): string {
  return /^[^*?]*/.exec(glob)?.[0] ?? '';
}

/** @throws InvalidSettings for what can be neither the name of a repository nor a glob for some. */
export function checkRepositoryGlob(text: string, field: string): string {
  const tidy = text.trim();
  const fail = (message: string): never => {
    throw new InvalidSettings(message, [{ field, message }]);
  };
  if (tidy === '') return fail('A repository is missing: write a name or a glob such as shop/*.');
  if (tidy.length > 255) return fail('The name of a repository has at most 255 characters.');
  if (/[A-Z]/.test(tidy)) return fail(`Names of repositories are lower-case: ${tidy}.`);
  const wrong = /[^a-z0-9._/*?-]/.exec(tidy);
  if (wrong?.[0] === ':' || wrong?.[0] === '@')
    return fail(`A repository is named without “${wrong[0]}” and what follows it: which tags are taken is said by its tags.`);
  if (wrong) return fail(`“${wrong[0]}” cannot stand in the name of a repository. In globs there are *, ** and ?.`);
  if (/^\/|\/$|\/\//.test(tidy)) return fail(`${tidy} has an empty part between slashes.`);
  return tidy;
}
