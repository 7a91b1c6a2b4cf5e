import type { Audit, Principal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { Handout } from './types.ts';

/** The same again within this time, in milliseconds, is not written down anew: a build asks for one credential many times. */
const quiet = 60_000;
const mostRemembered = 10_000;

const words: Readonly<Record<Handout['origin'], string>> = {
  narrowed: 'a narrowed credential',
  workload: 'a credential of the service account',
  issued: 'the credential that the hub itself uses',
  stored: 'the stored credential',
  none: 'nothing, since none is needed',
};

/** Writes down who was handed out which credential, for what, and from which address they asked. */
export class HandoutAudit {
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #recorded = new Map<string, number>();

  constructor(audit: Audit, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  async record(principal: Principal, { registry, origin, scope, expiresAt }: Handout, purpose: string): Promise<void> {
    const { push, repositories } = scope;
    const key = JSON.stringify([principal.kind, principal.id, principal.address, registry.id, purpose, origin, push, repositories]);
    const now = this.#clock.now();
    const last = this.#recorded.get(key);
    if (last !== undefined && now - last < quiet) return;
    this.#remember(key, now);
    try {
      await this.#audit.record({
        principal,
        action: 'credential.handed-out',
        target: { kind: 'registry', id: registry.id, name: registry.name },
        after: {
          purpose,
          origin,
          push,
          repositories: repositories.slice(0, 50),
          ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
        },
        detail: `Handed out ${words[origin]}. Purpose: ${purpose}.`,
      });
    } catch (error) {
      // Nothing was written down, so the next one has to be.
      this.#recorded.delete(key);
      throw error;
    }
  }

  #remember(key: string, now: number): void {
    this.#recorded.delete(key);
    this.#recorded.set(key, now);
    if (this.#recorded.size <= mostRemembered) return;
    const [oldest] = this.#recorded.keys();
    if (oldest !== undefined) this.#recorded.delete(oldest);
  }
}
