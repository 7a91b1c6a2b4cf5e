import type { ClientClock } from '../client-options.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { InvalidReference, RegistryError, TagboatError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { BlobCopy } from './blob-copy.ts';
import type { BlobKnowledge } from './blob-knowledge.ts';
import type { CopyOptions, CopyResult } from './copy.ts';
import { Limiter } from './limiter.ts';
import { onSide } from './sides.ts';
import type { ReadTarget, WriteTarget } from './target.ts';

/** Nesting of indexes and of referrers; real content has two or three. */
const deepest = 16;
const mostManifests = 20_000;
/** Manifests asked for or sent at the same time: small, so latency is all they cost. */
const parallelManifests = 8;

export type GraphOptions = CopyOptions & { clock: ClientClock; knowledge: BlobKnowledge };

/** Brings manifests with everything below them, each piece once, leaves first. */
export class GraphCopy {
  readonly source: ReadTarget;
  readonly destination: WriteTarget;
  readonly options: GraphOptions;
  /** Ends when the caller cancels or a piece fails: the others stop then. */
  readonly signal: AbortSignal;
  /** Referrers that were brought. */
  referrers = 0;
  readonly #blobs: BlobCopy;
  readonly #failed = new AbortController();
  readonly #manifests = new Map<Digest, Promise<void>>();
  readonly #requests = new Limiter(parallelManifests);
  readonly #counts = { pushed: 0, present: 0 };
  #tagged = 0;

  constructor(source: ReadTarget, destination: WriteTarget, options: GraphOptions) {
    this.source = source;
    this.destination = destination;
    this.options = options;
    this.signal = options.signal ? AbortSignal.any([options.signal, this.#failed.signal]) : this.#failed.signal;
    this.#blobs = new BlobCopy(source, destination, options, this.signal);
  }

  /** Digests of all manifests that were seen. */
  get digests(): Digest[] {
    return [...this.#manifests.keys()];
  }

  /** Whether a manifest was brought, or found there. */
  has(digest: Digest): boolean {
    return this.#manifests.has(digest);
  }

  get wroteNothing(): boolean {
    return this.#counts.pushed === 0 && this.#tagged === 0 && this.#blobs.wroteNothing;
  }

  /** Takes a manifest, and what an index names, for being there. */
  assumePresent(manifest: Manifest): void {
    this.#counts.present++;
    for (const { digest } of [manifest, ...(manifest.index?.manifests ?? [])]) this.#manifests.set(digest, Promise.resolve());
  }

  /**
   * Brings a manifest with everything below it.
   *
   * @param options.root It is tagged afterwards, so that it need not be sent by digest before.
   */
  async bring(manifest: Manifest, { root = false } = {}): Promise<void> {
    const existing = await this.#resolve(manifest.digest);
    const held = root && this.options.referrers !== true;
    this.#manifests.set(manifest.digest, Promise.resolve());
    await this.#together([
      async () => {
        await this.#bring(manifest, { existing, held, depth: 0 });
      },
    ]);
  }

  /** As `bring`, for what only its descriptor is known of. Answers the manifest, and whether the destination keeps it as a referrer. */
  async bringReferrer(descriptor: Descriptor): Promise<{ manifest: Manifest; subject: boolean }> {
    const manifest = await this.#fetch(descriptor);
    this.#manifests.set(manifest.digest, Promise.resolve());
    let subject = false;
    await this.#together([
      async () => {
        subject = await this.#bring(manifest, { existing: await this.#resolve(manifest.digest), held: false, depth: 0 });
      },
    ]);
    return { manifest, subject };
  }

  async tag(manifest: Manifest, tag: string): Promise<void> {
    if (!this.options.plan) await this.#pushWhole(manifest, tag);
    this.#tagged++;
    this.options.onEvent?.({ kind: 'tagged', tag, digest: manifest.digest });
  }

  result(root: Descriptor | Manifest, facts: Pick<CopyResult, 'outcome' | 'rebuilt'>): CopyResult {
    const { blobs, bytes } = this.#blobs.counts;
    return {
      digest: root.digest,
      mediaType: root.mediaType,
      ...facts,
      blobs: { ...blobs },
      manifests: { ...this.#counts },
      referrers: this.referrers,
      bytes: { ...bytes },
    };
  }

  /** @returns whether the destination keeps it as a referrer of its subject by itself. */
  async #bring(
    manifest: Manifest,
    { existing, held, depth }: { existing: Descriptor | undefined; held: boolean; depth: number },
  ): Promise<boolean> {
    const { digest, size, mediaType } = manifest;
    this.options.onEvent?.({ kind: 'found', piece: 'manifest', digest, size, mediaType });
    if (existing) {
      this.#counts.present++;
      this.#blobs.assumePresent(manifest);
      this.options.onEvent?.({ kind: 'finished', piece: 'manifest', digest, size, outcome: 'present' });
      // It is there already, so whoever keeps referrers by itself has it.
      return true;
    }
    await this.#bringBelow(manifest, depth);
    let subject = false;
    if (!held && !this.options.plan) subject = await this.#pushWhole(manifest, manifest.digest);
    this.#counts.pushed++;
    this.options.onEvent?.({ kind: 'finished', piece: 'manifest', digest, size, outcome: 'uploaded' });
    return subject;
  }

  async #bringBelow(manifest: Manifest, depth: number): Promise<void> {
    const { image, index } = manifest;
    if (image) await this.#together([image.config, ...image.layers].map((blob) => () => this.#blobs.bring(blob)));
    if (index) await this.#together(index.manifests.map((child) => () => this.#bringChild(child, depth + 1)));
  }

  /** Once each, also when several indexes name it. */
  #bringChild(descriptor: Descriptor, depth: number): Promise<void> {
    const known = this.#manifests.get(descriptor.digest);
    if (known) return known;
    if (depth > deepest) throw new InvalidReference(`Indexes are nested deeper than ${deepest} levels here; this is not copied.`);
    if (this.#manifests.size >= mostManifests)
      throw new InvalidReference(`There are more than ${mostManifests} manifests below this index.`);
    const bringing = (async () => {
      const existing = await this.#resolve(descriptor.digest);
      const manifest = await this.#fetch(descriptor);
      await this.#bring(manifest, { existing, held: false, depth });
    })();
    this.#manifests.set(descriptor.digest, bringing);
    return bringing;
  }

  /** A destination that misses a blob that was believed there is brought all of them again, once. */
  async #pushWhole(manifest: Manifest, reference: string): Promise<boolean> {
    try {
      return await this.#push(manifest, reference);
    } catch (error) {
      if (!missesBlob(error) || !this.#blobs.distrust()) throw error;
      await this.#bringBelow(manifest, 0);
      return this.#push(manifest, reference);
    }
  }

  async #push(manifest: Manifest, reference: string): Promise<boolean> {
    const { destination, signal } = this;
    const { subject } = await this.#requests.run(() =>
      onSide('destination', destination.label, () => destination.pushManifest(manifest, reference, { signal })),
    );
    return subject;
  }

  #fetch(descriptor: Descriptor): Promise<Manifest> {
    const { source, signal } = this;
    return this.#requests.run(() => onSide('source', source.label, () => source.manifest(descriptor.digest, { signal })));
  }

  #resolve(digest: Digest): Promise<Descriptor | undefined> {
    const { destination, signal } = this;
    return this.#requests.run(() =>
      onSide('destination', destination.label, async () => {
        try {
          return await destination.resolve(digest, { signal });
        } catch (error) {
          if (error instanceof RegistryError && error.code === 'registry_not_found') return undefined;
          throw error;
        }
      }),
    );
  }

  /** All of it, or the first error, after everything that was begun has come to its end. */
  async #together(pieces: readonly (() => Promise<void>)[]): Promise<void> {
    let first: { error: unknown } | undefined;
    await Promise.all(
      pieces.map(async (piece) => {
        try {
          await piece();
        } catch (error) {
          first ??= { error };
          this.#failed.abort(error);
        }
      }),
    );
    if (!first) return;
    // What failed first canceled the rest: that is what is told.
    const { reason } = this.#failed.signal;
    throw first.error instanceof TagboatError && first.error.code === 'canceled' && !this.options.signal?.aborted ? reason : first.error;
  }
}

function missesBlob(error: unknown): boolean {
  const cause = error instanceof TagboatError ? error.cause : undefined;
  if (!(cause instanceof RegistryError)) return false;
  return cause.errors.some(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN' || code === 'BLOB_UNKNOWN');
}
