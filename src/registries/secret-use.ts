import type { Audit, Principal } from '../access/index.ts';
import type { Clock } from '../core/clock.ts';
import type { Registry } from './types.ts';

/** The same use by the same one is recorded once in this time, in milliseconds: else polling would bury everything else. */
const quiet = 10 * 60_000;
const mostRemembered = 10_000;

/** Records that a registry's secrets were used: who, for what, when. */
export class SecretUse {
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #recorded = new Map<string, number>();

  constructor(audit: Audit, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  /**
   * @param purpose a few words in the present: `list repositories`, `background check`
   * @param ambient whether the registry is signed in to by this machine's own identity
   */
  async record(
    principal: Principal,
    registry: Pick<Registry, 'id' | 'name' | 'secretsSet'>,
    purpose: string,
    ambient: boolean,
  ): Promise<void> {
    const used = [...(ambient ? ['this machine’s own identity'] : []), ...registry.secretsSet];
    if (used.length === 0) return;
    const key = JSON.stringify([registry.id, principal.kind, principal.id, purpose]);
    const now = this.#clock.now();
    const last = this.#recorded.get(key);
    if (last !== undefined && now - last < quiet) return;
    this.#remember(key, now);
    await this.#audit.record({
      principal,
      action: 'registry.secret-used',
      target: { kind: 'registry', id: registry.id, name: registry.name },
      detail: `Purpose: ${purpose}. Secrets: ${used.join(', ')}.`,
    });
  }

  #remember(key: string, now: number): void {
    this.#recorded.delete(key);
    this.#recorded.set(key, now);
    if (this.#recorded.size <= mostRemembered) return;
    const [oldest] = this.#recorded.keys();
    if (oldest !== undefined) this.#recorded.delete(oldest);
  }
}
