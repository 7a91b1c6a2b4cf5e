import { nameProblem, type Registry, suggestName } from '../registries/index.ts';
import type { AnyProvider } from '../provider/define.ts';
import type { Candidate } from './candidate.ts';

/** Gives every entry of a plan a name that registries can have and no other has. */
export class NamePicker {
  /** Lower-cased. */
  readonly #taken: Set<string>;
  /** Names of this plan's entries, lower-cased. */
  readonly #planned = new Set<string>();

  constructor(existing: readonly string[]) {
    this.#taken = new Set(existing.map((name) => name.toLowerCase()));
  }

  /** @returns the name, and what to say where it is not the one in the document */
  pick(
    candidate: Candidate,
    placed?: { provider: AnyProvider; host: string; prefix: string },
    existing?: Registry,
  ): { name: string; note?: string } {
    const wished = candidate.name?.trim();
    if (existing) return { name: this.#unique(existing.name, this.#planned) };
    const base = wished === undefined ? suggested(candidate, placed) : nameProblem(wished) === undefined ? wished : tidied(wished);
    const taken = candidate.declared ? this.#planned : new Set([...this.#taken, ...this.#planned]);
    const name = this.#unique(base, taken);
    if (wished === undefined || name === wished) return { name };
    const why = name === base ? 'Names here hold letters, digits and . _ - only' : 'Another registry has this name';
    return { name, note: `${why}: it is called ${name}.` };
  }

  #unique(base: string, taken: ReadonlySet<string>): string {
    let name = base;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${base.slice(0, 60)}-${count}`;
    this.#planned.add(name.toLowerCase());
    return name;
  }
}

/** From the address, as when it is typed. */
function suggested(candidate: Candidate, placed: { provider: AnyProvider; host: string; prefix: string } | undefined): string {
  if (!placed) return 'registry';
  const { provider, host, prefix } = placed;
  const path = prefix.split('/').slice(1).join('-');
  const isOwn = provider.hosts.some((pattern) => pattern.test(host.replace(/:\d+$/, '').toLowerCase()));
  return suggestName(isOwn ? provider.id : (prefix.split('/', 1)[0] ?? host), candidate.input.namespace ?? (path || undefined), new Set());
}

/** `GitHub Container Registry` → `github-container-registry`. */
function tidied(name: string): string {
  const tidy = name
    .slice(0, 200)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 60);
  return tidy === '' || nameProblem(tidy) !== undefined ? 'registry' : tidy;
}
