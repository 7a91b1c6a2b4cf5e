import type { Exchange, Reply } from './exchange.ts';

/** Which requests a fault concerns. All given conditions must hold. */
export interface FaultMatch {
  method?: string | readonly string[];
  /** Part of the path with its query, or a pattern for it. Token servers and blob storage are reached by it, too. */
  path?: string | RegExp;
  /** How many matching requests pass unharmed first. Default 0. */
  skip?: number;
  /** How many requests it strikes. Default 1; `Infinity` for all. */
  times?: number;
}

/** What goes wrong. Several effects may be combined. */
export interface FaultEffect {
  /** Milliseconds before the request is looked at. */
  delay?: number;
  /** The request waits for this promise: to hold two requests against each other, or for ever. */
  hold?: Promise<unknown>;
  /** Answered instead of asking the registry, which never sees the request. */
  answer?: { status: number; headers?: Record<string, string>; body?: string | Uint8Array | object };
  /** Headers to set on the answer; null takes one away. */
  headers?: Record<string, string | null>;
  /** Changes the answer at will. */
  change?: (reply: Reply, exchange: Exchange) => Reply;
  /** The answer's body stops after so many bytes, although Content-Length promised all: by a reset, or by an orderly close. */
  cutAnswer?: { at: number; how: 'reset' | 'close' };
  /** The answer does not say how long its body is: no Content-Length, but chunks. */
  chunked?: boolean;
  /** The connection is reset once so many bytes of the request's body were read. 0: at once. */
  cutRequest?: { at: number };
}

interface Armed {
  match: FaultMatch;
  effect: FaultEffect;
  skip: number;
  left: number;
  struck: number;
}

/** A fault that was added; `remove()` disarms it. */
export interface FaultHandle {
  /** How many requests it struck. */
  readonly struck: number;
  remove(): void;
}

/** Faults in the order in which they were added; the first that matches and is not used up strikes. */
export class Faults {
  readonly #armed = new Set<Armed>();

  add(match: FaultMatch, effect: FaultEffect): FaultHandle {
    const armed: Armed = { match, effect, skip: match.skip ?? 0, left: match.times ?? 1, struck: 0 };
    this.#armed.add(armed);
    return {
      get struck() {
        return armed.struck;
      },
      remove: () => void this.#armed.delete(armed),
    };
  }

  clear(): void {
    this.#armed.clear();
  }

  /** The effect that strikes this request. For the server. */
  take(method: string, path: string): FaultEffect | undefined {
    for (const armed of this.#armed) {
      if (!matches(armed.match, method, path)) continue;
      if (armed.skip > 0) {
        armed.skip--;
        continue;
      }
      if (armed.left <= 0) continue;
      armed.left--;
      armed.struck++;
      return armed.effect;
    }
    return undefined;
  }
}

function matches(match: FaultMatch, method: string, path: string): boolean {
  if (match.method !== undefined && ![match.method].flat().includes(method)) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? path.includes(match.path) : match.path.test(path);
}
