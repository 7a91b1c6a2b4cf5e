import type { CallOptions } from '../call-options.ts';
import type { ClientClock } from '../client-options.ts';
import type { Manifest } from '../manifest.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { BlobKnowledge } from './blob-knowledge.ts';
import type { CopyOptions } from './copy.ts';
import { spareQuota } from './quota.ts';
import { onSide } from './sides.ts';
import type { Tally } from './tally.ts';
import type { ReadTarget, WriteTarget } from './target.ts';

export type RunOptions = Omit<CopyOptions, 'bandwidth'> & { clock: ClientClock; knowledge: BlobKnowledge; bandwidth?: Bandwidth };

/** What all parts of one copy share: its two ends, its options, its end, and what it costs. */
export class CopyRun {
  readonly source: ReadTarget;
  readonly destination: WriteTarget;
  readonly options: RunOptions;
  readonly tally: Tally;
  /** Ends when the caller cancels or a piece fails: the others stop then. */
  readonly signal: AbortSignal;
  /** For calls of the source. */
  readonly from: CallOptions & { signal: AbortSignal };
  /** For calls of the destination. */
  readonly to: CallOptions & { signal: AbortSignal };
  readonly #failed = new AbortController();
  #prepared: Promise<void> | undefined;

  constructor(source: ReadTarget, destination: WriteTarget, options: RunOptions, tally: Tally) {
    this.source = source;
    this.destination = destination;
    this.options = options;
    this.tally = tally;
    this.signal = options.signal ? AbortSignal.any([options.signal, this.#failed.signal]) : this.#failed.signal;
    this.from = { signal: this.signal, onRequest: tally.counter('source') };
    this.to = { signal: this.signal, onRequest: tally.counter('destination') };
  }

  /** The error that ended the copy, or undefined. */
  get failure(): unknown {
    return this.#failed.signal.reason;
  }

  /** The first error is that of the copy. */
  fail(error: unknown): void {
    this.#failed.abort(error);
  }

  /**
   * A manifest of the source, if its quota allows.
   *
   * @param options.isPart Another manifest names it.
   */
  fetch(reference: string, { isPart = false } = {}): Promise<Manifest> {
    const { source, options } = this;
    const read = async (): Promise<Manifest> => {
      spareQuota(source, options.quotaReserve ?? 0, options.clock);
      return source.manifest(reference, this.from);
    };
    return onSide('source', source.label, read, { piece: `manifest ${reference}`, isPart });
  }

  /** To be awaited before anything is written. */
  prepare(): Promise<void> {
    const { destination } = this;
    this.#prepared ??= onSide('destination', destination.label, async () => destination.prepare?.(this.to));
    return this.#prepared;
  }
}
