import { UploadKeeper } from './upload-keeper.ts';
import type { UploadPlace } from './upload-store.ts';

/** Keepers of the uploads of one owner to many repositories, each made when it is needed. */
export class UploadKeepers {
  readonly #deps: ConstructorParameters<typeof UploadKeeper>[0];
  readonly #owner: string;
  readonly #keepers = new Map<string, UploadKeeper>();

  /** @param owner id of the run, or of the process */
  constructor(deps: ConstructorParameters<typeof UploadKeeper>[0], owner: string) {
    this.#deps = deps;
    this.#owner = owner;
  }

  of(place: UploadPlace): UploadKeeper {
    const key = `${place.registryId} ${place.repository}`;
    let keeper = this.#keepers.get(key);
    if (!keeper) this.#keepers.set(key, (keeper = new UploadKeeper(this.#deps, place, this.#owner)));
    return keeper;
  }

  /** As of each. @throws AggregateError of what went wrong with writing meanwhile */
  async close({ done = false } = {}): Promise<void> {
    const closed = await Promise.allSettled([...this.#keepers.values()].map((keeper) => keeper.close({ done })));
    const failures = closed.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'Where uploads stand could not be written down.');
  }
}
