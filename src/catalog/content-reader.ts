import type { Clock } from '../core/clock.ts';
import { type Manifest, parseManifest } from '../oci/index.ts';
import { blobType, type ContentStore, type StoredContent } from './content-store.ts';
import { Flights } from './flights.ts';
import { type Content, type ContentSource, keyOf, maxConfigBytes } from './source.ts';

/**
 * Manifests and configs by digest, from the store for ever once they were read. Content counts as known only for the
 * repository that it was read from: another registry must have shown that it holds it, too.
 */
export class ContentReader implements Content {
  readonly #store: ContentStore;
  readonly #clock: Clock;
  readonly #flights = new Flights<StoredContent>();

  constructor(store: ContentStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async manifest(source: ContentSource, digest: string): Promise<Manifest> {
    const { mediaType, bytes } = await this.#read(source, digest, async () => {
      const { client } = await source.open();
      return client.repository(source.repository).manifest(digest);
    });
    return parseStored(bytes, mediaType, digest);
  }

  /** The manifest that a tag points to now; one request where nothing is known of the tag yet. */
  async manifestOfTag(source: ContentSource, tag: string): Promise<Manifest> {
    const { client } = await source.open();
    const manifest = await client.repository(source.repository).manifest(tag);
    await this.#store.save(manifest.digest, source, manifest, this.#clock.now());
    return manifest;
  }

  /** The manifest, if no request is needed for it. */
  async knownManifest(source: ContentSource, digest: string): Promise<Manifest | undefined> {
    const stored = await this.#store.find(digest, source, this.#clock.now());
    return stored && parseStored(stored.bytes, stored.mediaType, digest);
  }

  /** A config blob; undefined when it is larger than a config has reason to be. */
  async config(source: ContentSource, descriptor: { digest: string; size: number }): Promise<Uint8Array | undefined> {
    if (descriptor.size > maxConfigBytes) return undefined;
    const { bytes } = await this.#read(source, descriptor.digest, async () => {
      const { client } = await source.open();
      return {
        mediaType: blobType,
        bytes: await client.repository(source.repository).blobBytes(descriptor, { maxBytes: maxConfigBytes }),
      };
    });
    return bytes;
  }

  #read(source: ContentSource, digest: string, fetch: () => Promise<StoredContent>): Promise<StoredContent> {
    return this.#flights.run(`${keyOf(source)}@${digest}`, async () => {
      const known = await this.#store.find(digest, source, this.#clock.now());
      if (known) return known;
      const fetched = await fetch();
      await this.#store.save(digest, source, fetched, this.#clock.now());
      return fetched;
    });
  }
}

function parseStored(bytes: Uint8Array, mediaType: string, digest: string): Manifest {
  return parseManifest(bytes, mediaType === blobType ? undefined : mediaType, digest);
}
