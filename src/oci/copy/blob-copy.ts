import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { IntegrityError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import type { CopyRun } from './copy-run.ts';
import { blobSource } from './download.ts';
import { ending, untilAborted } from './ending.ts';
import type { PieceOutcome } from './events.ts';
import { Limiter } from './limiter.ts';
import { blame, onSide } from './sides.ts';

export const defaultParallel = 6;

/** Brings blobs, each once a copy, by the cheapest way: known there, mounted, found there, sent. */
export class BlobCopy {
  readonly counts = {
    blobs: { uploaded: 0, mounted: 0, present: 0, skipped: 0 },
    bytes: { moved: 0, saved: 0 },
  };
  readonly #run: CopyRun;
  readonly #limiter: Limiter;
  readonly #brought = new Map<Digest, Promise<void>>();
  /** Of blobs whose upload was taken up: the bytes that were there. */
  readonly #resumed = new Map<Digest, number>();
  #trusting = true;

  constructor(run: CopyRun) {
    this.#run = run;
    this.#limiter = new Limiter(run.options.parallel ?? defaultParallel);
  }

  get wroteNothing(): boolean {
    return this.counts.blobs.uploaded === 0 && this.counts.blobs.mounted === 0;
  }

  bring(descriptor: Descriptor): Promise<void> {
    const { digest, size, mediaType } = descriptor;
    const known = this.#brought.get(digest);
    if (known) return known;
    this.#run.options.onEvent?.({ kind: 'found', piece: 'blob', digest, size, mediaType });
    const bringing = this.#bring(descriptor);
    this.#brought.set(digest, bringing);
    return bringing;
  }

  /** The destination has the manifest, and with it what it names. */
  assumePresent({ image }: Manifest): void {
    const { destination, options } = this.#run;
    if (!image) return;
    for (const blob of [image.config, ...image.layers]) {
      if (this.#brought.has(blob.digest)) continue;
      this.#brought.set(blob.digest, Promise.resolve());
      if (isForeign(blob)) continue;
      options.knowledge.add(destination.place, blob.digest);
      this.#count(blob, 'present');
    }
  }

  /** What was believed of the destination was wrong: everything is looked for again. False when that was done before. */
  distrust(): boolean {
    if (!this.#trusting) return false;
    this.#trusting = false;
    this.#run.options.knowledge.forget(this.#run.destination.place);
    this.#brought.clear();
    return true;
  }

  async #bring(descriptor: Descriptor): Promise<void> {
    const { options, signal } = this.#run;
    const { digest } = descriptor;
    if (isForeign(descriptor) && !options.foreignLayers) return this.#finish(descriptor, 'skipped');
    for (;;) {
      if (this.#isThere(digest)) return this.#finish(descriptor, 'present');
      // Another copy brings it: this one waits, without holding a place, and looks again, whether that went well or not.
      const underway = this.#underway(digest);
      if (underway) {
        await untilAborted(underway, signal);
        continue;
      }
      const outcome = await this.#limiter.run(() => this.#lead(descriptor), signal);
      if (outcome) return this.#finish(descriptor, outcome);
    }
  }

  /** Brings it unless somebody else came first while this one waited for its turn: undefined then. */
  async #lead(descriptor: Descriptor): Promise<PieceOutcome | undefined> {
    const { destination, options, signal } = this.#run;
    const { knowledge } = options;
    const { digest } = descriptor;
    if (signal.aborted) throw ending(signal);
    if (this.#isThere(digest) || this.#underway(digest)) return undefined;
    const land = knowledge.flights.begin(this.#lane(this.#flight(digest)));
    try {
      const outcome = await onSide('destination', destination.label, () => this.#place(descriptor), { piece: `blob ${digest}` });
      knowledge.add(destination.place, digest);
      return outcome;
    } finally {
      land();
    }
  }

  async #place(descriptor: Descriptor): Promise<PieceOutcome> {
    const { source, destination, signal, to, options, tally } = this.#run;
    const { digest, size } = descriptor;
    const mountFrom = this.#mountFrom(digest);
    const mounts = mountFrom.length > 0;
    // Mounting what is there already answers the same and costs the one request that looking would.
    if (options.plan) {
      const isThere = await destination.hasBlob(digest, mounts ? { signal } : to);
      if (mounts && destination.isRemote) tally.expect('destination', 'writes', 1);
      if (isThere) return 'present';
      if (mounts) return 'mounted';
      if (source.isRemote) tally.expect('source', 'blobs', 1);
      tally.expect('destination', 'writes', destination.uploadRequests?.(size) ?? 0);
      return 'uploaded';
    }
    if (!mounts && (await destination.hasBlob(digest, to))) return 'present';
    await this.#run.prepare();
    const places = [source.place.registry, destination.place.registry].map((place) => this.#lane(place));
    return options.knowledge.transfers.run(places, () => this.#send(descriptor, mountFrom), signal);
  }

  #send({ digest, size }: Descriptor, mountFrom: readonly string[]): Promise<PieceOutcome> {
    const { source: from, destination, to, options } = this.#run;
    const { clock, verify, resume, bandwidth, onUpload, onEvent } = options;
    const source = blobSource(from, {
      digest,
      size,
      clock,
      verify: verify === 'always' && destination.verifies,
      onRequest: this.#run.from.onRequest,
      ...(bandwidth && { throttle: (count, ending) => bandwidth.take(count, ending) }),
    });
    const begun = resume?.get(digest);
    let position = 0;
    onEvent?.({ kind: 'started', piece: 'blob', digest, size });
    const push = () =>
      destination.pushBlob(source, {
        ...to,
        mountFrom,
        ...(begun && { resume: begun }),
        onState: (state) => onUpload?.(digest, state),
        onResumed: (count) => {
          position = count;
          this.#resumed.set(digest, count);
          onEvent?.({ kind: 'resumed', digest, count });
        },
        onBytes: (count) => {
          position += count;
          // Some of it has to be sent again after all.
          if (position < (this.#resumed.get(digest) ?? 0)) this.#resumed.set(digest, position);
          onEvent?.({ kind: 'bytes', digest, count });
        },
      });
    return destination.isRemote ? push() : blamingContent(from.label, digest, push);
  }

  /** Repositories to mount from: the source's own, else those that an earlier copy filled. */
  #mountFrom(digest: Digest): string[] {
    // A registry may have said that it mounted, and then not know the blob: docker-registry 2.8 does so with those of sha512.
    if (!this.#trusting) return [];
    const { place } = this.#run.destination;
    const from = this.#run.source.place;
    const known = this.#run.options.knowledge.elsewhere(place, digest).slice(0, 2);
    return from.registry === place.registry ? [from.repository, ...known.filter((name) => name !== from.repository)] : known;
  }

  /**
   * What nobody else should do meanwhile: bring it to the registry at all; or, where it can be mounted from another repository, to this
   * one.
   */
  #flight(digest: Digest): string {
    const { registry, repository } = this.#run.destination.place;
    return this.#mountFrom(digest).length === 0 ? `${registry} ${digest}` : `${registry} ${repository} ${digest}`;
  }

  /** Whoever is not bounded waits for nobody who is: what one has bounded on purpose must not hold up what another wants now. */
  #underway(digest: Digest): Promise<void> | undefined {
    const { flights } = this.#run.options.knowledge;
    const flight = this.#flight(digest);
    return flights.underway(flight) ?? flights.underway(this.#lane(flight));
  }

  #lane(key: string): string {
    return this.#run.options.bandwidth ? `${key} bounded` : key;
  }

  #isThere(digest: Digest): boolean {
    const { source, destination, options } = this.#run;
    const from = source.place;
    const to = destination.place;
    if (from.registry === to.registry && from.repository === to.repository) return true;
    // On disk looking costs nothing, and nobody there would refuse a manifest whose blobs are gone.
    return destination.isRemote === true && options.knowledge.has(to, digest);
  }

  #finish(descriptor: Descriptor, outcome: PieceOutcome): void {
    const { digest, size } = descriptor;
    this.#count(descriptor, outcome);
    this.#run.options.onEvent?.({ kind: 'finished', piece: 'blob', digest, size, outcome });
  }

  #count({ digest, size }: Descriptor, outcome: PieceOutcome): void {
    const { blobs, bytes } = this.counts;
    blobs[outcome]++;
    if (outcome === 'skipped') return;
    const moved = outcome === 'uploaded' ? size - (this.#resumed.get(digest) ?? 0) : 0;
    bytes.moved += moved;
    bytes.saved += size - moved;
  }
}

/** What lies on disk was hashed here, byte for byte as the source gave it: what is wrong with it came from there. */
async function blamingContent<T>(label: string, digest: Digest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof IntegrityError ? blame(error, 'source', label, { piece: `blob ${digest}` }) : error;
  }
}

/** Layers that publishers want fetched from their own servers only (image specification, "Non-Distributable Layers"). */
function isForeign({ mediaType, urls }: Descriptor): boolean {
  return (urls?.length ?? 0) > 0 && (mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.'));
}
