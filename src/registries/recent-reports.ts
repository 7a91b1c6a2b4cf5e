import { createHmac, randomBytes } from 'node:crypto';
import type { Principal } from '../access/index.ts';
import type { Clock } from '../core/clock.ts';
import type { DoctorReport, RegistryInput } from './types.ts';

/** How long a report counts for what is saved after it, in milliseconds. */
const counts = 5 * 60_000;
const most = 200;

/**
 * Reports on registries that were tested before they were saved, so that the report becomes the first check of what is saved then,
 * and nobody signs in a second time for it. Known by all that the doctor goes by, under a key of this process: what was entered
 * cannot be read back from here.
 */
export class RecentReports {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  readonly #reports = new Map<string, { report: DoctorReport; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember(principal: Principal, input: RegistryInput, report: DoctorReport): void {
    const mark = this.#mark(principal, input);
    this.#reports.delete(mark);
    this.#reports.set(mark, { report, until: this.#clock.now() + counts });
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > most && oldest !== undefined) this.#reports.delete(oldest);
  }

  /** The report on exactly this, by the same one, of a moment ago. */
  take(principal: Principal, input: RegistryInput): DoctorReport | undefined {
    const mark = this.#mark(principal, input);
    const known = this.#reports.get(mark);
    this.#reports.delete(mark);
    return known && known.until > this.#clock.now() ? known.report : undefined;
  }

  #mark(principal: Principal, input: RegistryInput): string {
    const { provider, url, namespace, signIn, fields, connection, pinnedRepositories, trustedRealms, credentialExpirySeconds, sources } =
      input;
    const tested = [
      provider,
      url,
      namespace,
      signIn,
      fields,
      connection,
      pinnedRepositories,
      trustedRealms,
      credentialExpirySeconds,
      sources,
    ];
    const text = JSON.stringify([principal.kind, principal.id, ...tested.map((one) => one ?? null)]);
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
