import type { Audit, Principal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { Registry } from '../types.ts';
import type { BlastRadius, CredentialUse } from './types.ts';
import type { CredentialUseStore, UseCount } from './use-store.ts';

/** The same use by the same one is audited once in this time, in milliseconds: else polling would bury everything else. */
const quiet = 10 * 60_000;
/** How often the same use by the same one is written down, in milliseconds; what happens between is counted. */
const writeEvery = 60_000;
const mostRemembered = 10_000;
const longestPurpose = 200;
const day = 24 * 60 * 60_000;
/** Uses of this time are shown and belong to the blast radius. */
export const usePeriod = 30 * day;
/** Uses of this time are kept. */
const keepUses = 90 * day;
export const mostUses = 200;
/** Uses of one registry that are kept. */
const mostKept = 1000;
/** Things that a blast radius names; it counts all. */
export const mostAffected = 200;

interface Remembered {
  auditedAt?: number;
  writtenAt?: number;
  /** Counted, not written yet. */
  pending?: UseCount;
}

/** How a registry is signed in to, as far as the audit log says it. */
export interface SecretOrigin {
  /** By this machine's own identity. */
  ambient?: boolean;
  /** Places that secrets are read from, in words. */
  elsewhere?: readonly string[];
}

export interface CredentialUsesDeps {
  uses: CredentialUseStore;
  audit: Audit;
  clock: Clock;
}

/** Who used or was given the credential of a registry, for what, when and how often. */
export class CredentialUses {
  readonly #deps: CredentialUsesDeps;
  readonly #remembered = new Map<string, Remembered>();

  constructor(deps: CredentialUsesDeps) {
    this.#deps = deps;
  }

  /**
   * Counts a use and, where a secret is used, has it in the audit log.
   *
   * @param purpose a few words in the present: `list repositories`, `background check`
   */
  async record(
    principal: Principal,
    registry: Pick<Registry, 'id' | 'name' | 'secretsSet'>,
    purpose: string,
    { ambient, elsewhere = [] }: SecretOrigin = {},
  ): Promise<void> {
    const used = [...(ambient ? ['this machine’s own identity'] : []), ...registry.secretsSet, ...elsewhere];
    const now = this.#deps.clock.now();
    const remembered = this.#remember(principal, registry.id, purpose);
    if (used.length > 0 && (remembered.auditedAt === undefined || now - remembered.auditedAt >= quiet)) {
      const before = remembered.auditedAt;
      remembered.auditedAt = now;
      try {
        await this.#deps.audit.record({
          principal,
          action: 'registry.secret-used',
          target: { kind: 'registry', id: registry.id, name: registry.name },
          detail: `Purpose: ${purpose}. Secrets: ${used.join(', ')}.`,
        });
      } catch (error) {
        // Nothing was written down, so the next use has to be.
        remembered.auditedAt = before;
        throw error;
      }
    }
    await this.count(principal, registry.id, purpose);
  }

  /** Counts a use, for those who have their own entry in the audit log. */
  async count(principal: Principal, registryId: string, purpose: string): Promise<void> {
    const now = this.#deps.clock.now();
    const remembered = this.#remember(principal, registryId, purpose);
    const { kind, id, name } = principal;
    const pending = (remembered.pending ??= {
      registryId,
      kind,
      id,
      name,
      purpose: purpose.slice(0, longestPurpose),
      firstAt: now,
      lastAt: now,
      uses: 0,
    });
    pending.lastAt = now;
    pending.name = name;
    pending.uses += 1;
    if (remembered.writtenAt === undefined || now - remembered.writtenAt >= writeEvery) await this.#write(remembered, now);
  }

  /** Writes down what was counted. */
  async flush(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const remembered of this.#remembered.values()) await this.#write(remembered, now);
  }

  /** Of the last 30 days, last first. */
  async list(registryId: string): Promise<CredentialUse[]> {
    await this.flush();
    return this.#deps.uses.list(registryId, this.#deps.clock.now() - usePeriod, mostUses);
  }

  /**
   * What stands still when the credential of the registry ends: what refers to it, tokens and members limited to it, and all that
   * used it in the last 30 days.
   */
  async blastRadius(registry: Registry, references: readonly { kind: string; id: string; name: string }[]): Promise<BlastRadius> {
    const { uses, clock } = this.#deps;
    const now = clock.now();
    const found = new Map<string, BlastRadius['items'][number]>();
    const add = (item: BlastRadius['items'][number]): void => {
      const key = `${item.kind}:${item.id}`;
      const known = found.get(key);
      if (!known) found.set(key, item);
      else if ((item.lastUsedAt ?? 0) > (known.lastUsedAt ?? 0)) found.set(key, { ...known, ...item });
    };
    for (const { kind, id, name } of references) add({ kind, id, name });
    for (const token of await uses.limitedTokens(registry.id, now)) add({ kind: 'token', ...token });
    for (const user of registry.allProjects ? [] : await uses.members(registry.projects)) add({ kind: 'user', ...user });
    await this.flush();
    for (const { by, lastAt, purpose } of await uses.list(registry.id, now - usePeriod, 10_000)) {
      // The hub's own work is told apart by what it is for.
      if (by.kind === 'system') add({ kind: 'task', id: purpose, name: purpose, lastUsedAt: lastAt, purpose });
      else add({ kind: by.kind, id: by.id, name: by.name, lastUsedAt: lastAt, purpose });
    }
    const items = [...found.values()].sort((a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0) || a.name.localeCompare(b.name, 'en'));
    const counts: Record<string, number> = {};
    for (const { kind } of items) counts[kind] = (counts[kind] ?? 0) + 1;
    return { total: items.length, counts, items: items.slice(0, mostAffected) };
  }

  /** Forgets what is long past. */
  async sweep(): Promise<void> {
    await this.#deps.uses.forget(this.#deps.clock.now() - keepUses, mostKept);
  }

  async #write(remembered: Remembered, now: number): Promise<void> {
    const { pending } = remembered;
    if (!pending) return;
    delete remembered.pending;
    remembered.writtenAt = now;
    await this.#deps.uses.add(pending);
  }

  #remember({ kind, id }: Principal, registryId: string, purpose: string): Remembered {
    const key = JSON.stringify([registryId, kind, id, purpose]);
    const remembered = this.#remembered.get(key) ?? {};
    this.#remembered.delete(key);
    this.#remembered.set(key, remembered);
    if (this.#remembered.size > mostRemembered) {
      // That of longest ago is forgotten; what was counted of it since its last write is lost.
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    return remembered;
  }
}
