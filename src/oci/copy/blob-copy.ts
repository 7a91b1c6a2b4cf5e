import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { Manifest } from '../manifest.ts';
import { blobSource } from './download.ts';
import type { PieceOutcome } from './events.ts';
import type { GraphOptions } from './graph-copy.ts';
import { Limiter } from './limiter.ts';
import { onSide } from './sides.ts';
import type { ReadTarget, WriteTarget } from './target.ts';
import { Throttle } from './throttle.ts';

const defaultParallel = 6;

/** Brings blobs, each once a copy, by the cheapest way: known there, mounted, found there, sent. */
export class BlobCopy {
  readonly counts = {
    blobs: { uploaded: 0, mounted: 0, present: 0, skipped: 0 },
    bytes: { moved: 0, saved: 0 },
  };
  readonly #source: ReadTarget;
  readonly #destination: WriteTarget;
  readonly #options: GraphOptions;
  readonly #signal: AbortSignal;
  readonly #limiter: Limiter;
  readonly #throttle: Throttle | undefined;
  readonly #brought = new Map<Digest, Promise<void>>();
  #trusting = true;

  constructor(source: ReadTarget, destination: WriteTarget, options: GraphOptions, signal: AbortSignal) {
    this.#source = source;
    this.#destination = destination;
    this.#options = options;
    this.#signal = signal;
    this.#limiter = new Limiter(options.parallel ?? defaultParallel);
    this.#throttle = options.bandwidth === undefined ? undefined : new Throttle(options.bandwidth, options.clock);
  }

  get wroteNothing(): boolean {
    return this.counts.blobs.uploaded === 0 && this.counts.blobs.mounted === 0;
  }

  bring(descriptor: Descriptor): Promise<void> {
    const { digest, size, mediaType } = descriptor;
    const known = this.#brought.get(digest);
    if (known) return known;
    this.#options.onEvent?.({ kind: 'found', piece: 'blob', digest, size, mediaType });
    const bringing = this.#bring(descriptor);
    this.#brought.set(digest, bringing);
    return bringing;
  }

  /** The destination has the manifest, and with it what it names. */
  assumePresent({ image }: Manifest): void {
    if (!image) return;
    for (const blob of [image.config, ...image.layers]) {
      if (this.#brought.has(blob.digest)) continue;
      this.#brought.set(blob.digest, Promise.resolve());
      if (isForeign(blob)) continue;
      this.#options.knowledge.add(this.#destination.place, blob.digest);
      this.#count(blob, 'present');
    }
  }

  /** What was believed of the destination was wrong: everything is looked for again. False when that was done before. */
  distrust(): boolean {
    if (!this.#trusting) return false;
    this.#trusting = false;
    this.#options.knowledge.forget(this.#destination.place);
    this.#brought.clear();
    return true;
  }

  async #bring(descriptor: Descriptor): Promise<void> {
    const { digest, size } = descriptor;
    const finish = (outcome: PieceOutcome): void => {
      if (outcome !== 'skipped') this.#options.knowledge.add(this.#destination.place, digest);
      this.#count(descriptor, outcome);
      this.#options.onEvent?.({ kind: 'finished', piece: 'blob', digest, size, outcome });
    };
    if (isForeign(descriptor) && !this.#options.foreignLayers) return finish('skipped');
    if (this.#options.knowledge.has(this.#destination.place, digest) || this.#isSameRepository()) return finish('present');
    await this.#limiter.run(async () => {
      this.#signal.throwIfAborted();
      finish(await onSide('destination', this.#destination.label, () => this.#place(descriptor)));
    });
  }

  async #place(descriptor: Descriptor): Promise<PieceOutcome> {
    const { digest, size } = descriptor;
    const { knowledge, plan, clock, verify, resume, onUpload, onEvent } = this.#options;
    const signal = this.#signal;
    const mountFrom = this.#mountFrom(digest);
    // Mounting what is there already answers the same and costs the one request that looking would.
    if ((plan || mountFrom.length === 0) && (await this.#destination.hasBlob(digest, { signal }))) return 'present';
    if (plan) return mountFrom.length > 0 ? 'mounted' : 'uploaded';
    const source = blobSource(this.#source, {
      digest,
      size,
      clock,
      verify: verify === 'always' && this.#destination.verifies,
      ...(this.#throttle && { throttle: (count, ending) => this.#throttle?.take(count, ending) }),
    });
    const begun = resume?.get(digest);
    onEvent?.({ kind: 'started', piece: 'blob', digest, size });
    const outcome = await this.#destination.pushBlob(source, {
      signal,
      mountFrom,
      ...(begun && { resume: begun }),
      onState: (state) => onUpload?.(digest, state),
      onBytes: (count) => onEvent?.({ kind: 'bytes', digest, count }),
    });
    knowledge.add(this.#destination.place, digest);
    return outcome;
  }

  /** Repositories to mount from: the source's own, else those that an earlier copy filled. */
  #mountFrom(digest: Digest): string[] {
    const { place } = this.#destination;
    const from = this.#source.place;
    const known = this.#trusting ? this.#options.knowledge.elsewhere(place, digest).slice(0, 2) : [];
    return from.registry === place.registry ? [from.repository, ...known.filter((name) => name !== from.repository)] : known;
  }

  #isSameRepository(): boolean {
    const from = this.#source.place;
    const to = this.#destination.place;
    return from.registry === to.registry && from.repository === to.repository;
  }

  #count({ size }: Descriptor, outcome: PieceOutcome): void {
    const { blobs, bytes } = this.counts;
    blobs[outcome]++;
    if (outcome === 'uploaded') bytes.moved += size;
    else if (outcome !== 'skipped') bytes.saved += size;
  }
}

/** Layers that publishers want fetched from their own servers only (image specification, "Non-Distributable Layers"). */
function isForeign({ mediaType, urls }: Descriptor): boolean {
  return (urls?.length ?? 0) > 0 && (mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.'));
}
