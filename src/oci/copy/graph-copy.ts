import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { InvalidReference, RegistryError, TagboatError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { BlobCopy } from './blob-copy.ts';
import type { CopyResult } from './copy.ts';
import type { CopyRun } from './copy-run.ts';
import { Limiter } from './limiter.ts';
import { onSide, resolveOptional } from './sides.ts';

/** Nesting of indexes and of referrers; real content has two or three. */
const deepest = 16;
const mostManifests = 20_000;
/** Manifests asked for or sent at the same time: small, so latency is all they cost. */
const parallelManifests = 8;

/** Brings manifests with everything below them, each piece once, leaves first. */
export class GraphCopy {
  readonly run: CopyRun;
  /** Referrers that were brought. */
  referrers = 0;
  readonly #blobs: BlobCopy;
  readonly #manifests = new Map<Digest, Promise<void>>();
  readonly #requests = new Limiter(parallelManifests);
  readonly #counts = { pushed: 0, present: 0 };
  #tagged = 0;

  constructor(run: CopyRun) {
    this.run = run;
    this.#blobs = new BlobCopy(run);
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
   * @param options.isTagged It is tagged afterwards, so that it need not be sent by digest before.
   */
  async bring(manifest: Manifest, { isTagged }: { isTagged: boolean }): Promise<void> {
    const existing = await this.#resolve(manifest.digest);
    // What is sent under a tag alone, registries know by its sha256.
    const held = isTagged && this.run.options.referrers !== true && manifest.digest.startsWith('sha256:');
    this.#manifests.set(manifest.digest, Promise.resolve());
    await this.#together([
      async () => {
        await this.#bring(manifest, { existing, held, isTagged, depth: 0 });
      },
    ]);
  }

  /** As `bring`, for what only its descriptor is known of. Answers the manifest, and whether the destination said that it keeps it as a referrer. */
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

  /** Sends a manifest again that is there already. */
  async repeat(manifest: Manifest): Promise<void> {
    await this.#pushWhole(manifest, manifest.digest);
  }

  async tag(manifest: Manifest, tag: string): Promise<void> {
    await this.#pushWhole(manifest, tag);
    this.#tagged++;
    this.run.options.onEvent?.({ kind: 'tagged', tag, digest: manifest.digest });
  }

  /** What was brought so far. */
  get counts(): Pick<CopyResult, 'blobs' | 'manifests' | 'referrers' | 'bytes'> {
    const { blobs, bytes } = this.#blobs.counts;
    return { blobs: { ...blobs }, manifests: { ...this.#counts }, referrers: this.referrers, bytes: { ...bytes } };
  }

  /** @returns whether the destination said that it keeps it as a referrer of its subject by itself. */
  async #bring(
    manifest: Manifest,
    { existing, held, isTagged, depth }: { existing: Descriptor | undefined; held: boolean; isTagged?: boolean; depth: number },
  ): Promise<boolean> {
    const { digest, size, mediaType } = manifest;
    this.run.options.onEvent?.({ kind: 'found', piece: 'manifest', digest, size, mediaType });
    if (existing) {
      this.#counts.present++;
      this.#blobs.assumePresent(manifest);
      this.run.options.onEvent?.({ kind: 'finished', piece: 'manifest', digest, size, outcome: 'present' });
      return false;
    }
    await this.#bringBelow(manifest, depth);
    let subject = false;
    try {
      if (!held) subject = await this.#pushWhole(manifest, digest);
    } catch (error) {
      // A registry that names manifests by sha256 only takes this one by its tag all the same.
      if (!isTagged || digest.startsWith('sha256:') || !says(error, ['DIGEST_INVALID'])) throw error;
    }
    this.#counts.pushed++;
    this.run.options.onEvent?.({ kind: 'finished', piece: 'manifest', digest, size, outcome: 'uploaded' });
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
    const { options, destination, tally } = this.run;
    if (options.plan) {
      if (destination.isRemote) tally.expect('destination', 'writes', 1);
      return false;
    }
    await this.run.prepare();
    try {
      return await this.#push(manifest, reference);
    } catch (error) {
      if (!says(error, ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN']) || !this.#blobs.distrust()) throw error;
      await this.#bringBelow(manifest, 0);
      return this.#push(manifest, reference);
    }
  }

  async #push(manifest: Manifest, reference: string): Promise<boolean> {
    const { destination, to } = this.run;
    const piece = `${isDigest(reference) ? 'manifest' : 'tag'} ${reference}`;
    const push = () => onSide('destination', destination.label, () => destination.pushManifest(manifest, reference, to), { piece });
    const { subject } = await this.#requests.run(push, this.run.signal);
    return subject;
  }

  #fetch(descriptor: Descriptor): Promise<Manifest> {
    return this.#requests.run(() => this.run.fetch(descriptor.digest, { isPart: true }), this.run.signal);
  }

  #resolve(digest: Digest): Promise<Descriptor | undefined> {
    return this.#requests.run(() => resolveOptional('destination', this.run.destination, digest, this.run.to), this.run.signal);
  }

  /** All of it, or what failed first, after everything that was begun has come to its end. */
  async #together(pieces: readonly (() => Promise<void>)[]): Promise<void> {
    const ends = await Promise.allSettled(
      pieces.map((piece) =>
        piece().catch((error: unknown) => {
          this.run.fail(error);
          throw error;
        }),
      ),
    );
    // What failed first canceled the rest, and that is what is told.
    if (ends.some(({ status }) => status === 'rejected')) throw this.run.failure;
  }
}

/** Whether a registry refused with one of the specification's codes. */
function says(error: unknown, codes: readonly string[]): boolean {
  const cause = error instanceof TagboatError ? error.cause : undefined;
  return cause instanceof RegistryError && cause.errors.some(({ code }) => codes.includes(code));
}
