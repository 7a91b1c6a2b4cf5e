import type { Clock } from '../../core/clock.ts';
import type { CopyEvent, UploadState } from '../../oci/index.ts';
import type { KeptUpload, UploadPlace, UploadStore } from './upload-store.ts';

/** Between two writes of one copy, in milliseconds: an upload in chunks tells of many states a second, and the last one counts. */
const writeEvery = 250;
/** Smaller blobs are sent again as fast as their uploads are asked for. Bytes. */
const worthwhile = 256 * 1024;

/** Where it is written down: the hub's store, or a folder of the command line. */
export type KeptUploads = Pick<UploadStore, 'underWay' | 'list' | 'save' | 'openOwners'>;

/** Keeps where the uploads of one copy stand: what an earlier attempt began is taken up, and what this one begins is written down. */
export class UploadKeeper {
  readonly #store: KeptUploads;
  readonly #place: UploadPlace;
  readonly #owner: string;
  readonly #clock: Clock;
  readonly #sizes = new Map<string, number>();
  #pending = new Map<string, Omit<KeptUpload, 'digest'> | undefined>();
  /** Blobs of which this owner has a row, or is about to. */
  readonly #kept = new Set<string>();
  /** Blobs whose uploads an earlier attempt of this owner began. */
  readonly ownBefore = new Set<string>();
  readonly #closing = new AbortController();
  #writing: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  /** @param owner id of the copy or run, or of the process */
  constructor(deps: { store: KeptUploads; clock: Clock }, place: UploadPlace, owner: string) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#place = place;
    this.#owner = owner;
  }

  /** Uploads to take up: the copy's own, and those of copies that have ended. Others are still under way. */
  async resumable(): Promise<Map<string, UploadState>> {
    const kept = await this.#store.list(this.#place);
    const others = [...new Set(kept.map(({ owner }) => owner))].filter((owner) => owner !== this.#owner);
    const open = await this.#store.openOwners(others);
    const free = kept.filter(({ digest, owner }) => {
      const keeper = this.#store.underWay.get(this.#key(digest));
      return !open.has(owner) && (keeper === undefined || keeper === this.#owner);
    });
    for (const { digest, owner } of free) {
      if (owner !== this.#owner) continue;
      this.#kept.add(digest);
      this.ownBefore.add(digest);
    }
    return new Map(free.map(({ digest, location, offset }) => [digest, { location, offset }]));
  }

  /** To be told of the copy's events: small blobs are not worth a row. */
  note(event: CopyEvent): void {
    if (event.kind === 'started') this.#sizes.set(event.digest, event.size);
  }

  /** For `CopyOptions.onUpload`. */
  readonly onUpload = (digest: string, state: UploadState | undefined): void => {
    const key = this.#key(digest);
    if (state === undefined) {
      if (this.#store.underWay.get(key) === this.#owner) this.#store.underWay.delete(key);
      if (!this.#kept.delete(digest)) return;
      this.#pending.set(digest, undefined);
    } else {
      if ((this.#sizes.get(digest) ?? worthwhile) < worthwhile) return;
      // Two copies may send one blob to the same place: the first one's upload is kept.
      if ((this.#store.underWay.get(key) ?? this.#owner) !== this.#owner) return;
      this.#store.underWay.set(key, this.#owner);
      this.#kept.add(digest);
      this.#pending.set(digest, { ...state, owner: this.#owner });
    }
    this.#writing ??= this.#write();
  };

  /**
   * Writes what is left. Throws what went wrong with the store meanwhile.
   *
   * @param done the copy is made: none of its uploads is of any use now
   */
  async close({ done = false } = {}): Promise<void> {
    this.#closing.abort();
    if (done) for (const digest of this.#kept) this.onUpload(digest, undefined);
    for (const [key, owner] of this.#store.underWay) if (owner === this.#owner) this.#store.underWay.delete(key);
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    try {
      while (this.#pending.size > 0) {
        const changes = this.#pending;
        this.#pending = new Map();
        await this.#store.save(this.#place, changes, this.#clock.now());
        await this.#pause();
      }
    } catch (error) {
      // The copy goes on: at worst bytes are sent again.
      this.#failure ??= { error };
    } finally {
      this.#writing = undefined;
    }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    await this.#clock.sleep(writeEvery, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  #key(digest: string): string {
    return `${this.#place.registryId} ${this.#place.repository} ${digest}`;
  }
}
