import type { Principal } from '../../access/index.ts';
import { TooManyRequests } from '../../core/errors.ts';

/** Plans of what is not saved at the same time, in all and of one person. */
const most = 4;
const mostEach = 2;
/** How long somebody is told to wait, in milliseconds: plans take from seconds to minutes. */
const pause = 15_000;

/**
 * Room for plans of settings that are not saved. Each lists a source whole and compares every tag, at once and not in a queue, because
 * somebody waits for the answer: many of them would take connections, memory and quota from what is to run.
 */
export class PlanSlots {
  /** Whose → how many. */
  readonly #taken = new Map<string, number>();

  /** To be disposed of when the plan has ended. Throws TooManyRequests `sync_plans_limited`. */
  take(principal: Principal): Disposable {
    const whose = principal.userId ?? principal.id;
    const own = this.#taken.get(whose) ?? 0;
    if (own >= mostEach) throw limited(`${own} plans of settings that are not saved are under way for you already.`);
    const all = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    if (all >= most) throw limited(`${all} plans of settings that are not saved are under way at this hub already.`);
    this.#taken.set(whose, own + 1);
    return { [Symbol.dispose]: () => this.#free(whose) };
  }

  #free(whose: string): void {
    const left = (this.#taken.get(whose) ?? 1) - 1;
    if (left > 0) this.#taken.set(whose, left);
    else this.#taken.delete(whose);
  }
}

function limited(message: string): TooManyRequests {
  return new TooManyRequests(message, 'sync_plans_limited', pause);
}
