import { z } from 'zod';
import { type Keyring, SealedJson } from '../../credentials/index.ts';
import type { UploadState } from '../../oci/index.ts';
import { isForeignKeyViolation, type Store } from '../../store/index.ts';

/** A repository of a registry that uploads go to. */
export interface UploadPlace {
  /** Of the command line: URL and account. */
  registryId: string;
  repository: string;
}

/** Where the upload of a blob stands, and who makes it. */
export interface KeptUpload extends UploadState {
  digest: string;
  /** Id of the copy or the run: while that goes on, nobody else takes the upload up. */
  owner: string;
}

const schema = z.object({ location: z.string().max(8192), offset: z.int().min(0), owner: z.string().max(64) });

/**
 * Uploads under way, so that a hub that was killed goes on with them. The URL of an upload may hold a state of the registry, and is as
 * confidential as the content: it is sealed, and bound to its place.
 */
export class UploadStore {
  /** Place and blob → owner, of the uploads that this process makes. */
  readonly underWay = new Map<string, string>();
  readonly #store: Store;
  readonly #sealed: SealedJson<typeof schema>;

  constructor(store: Store, keyring: Pick<Keyring, 'seal' | 'unseal' | 'state'>) {
    this.#store = store;
    this.#sealed = new SealedJson(keyring, schema);
  }

  async list(place: UploadPlace): Promise<KeptUpload[]> {
    const rows = await this.#store.db
      .selectFrom('copy_uploads')
      .select(['digest', 'state'])
      .where('registry_id', '=', place.registryId)
      .where('repository', '=', place.repository)
      .execute();
    return rows.flatMap(({ digest, state }) => {
      const kept = this.#sealed.open(state, contextOf(place, digest));
      return kept ? [{ digest, ...kept }] : [];
    });
  }

  /** Writes what is under way, and removes what has ended: `undefined`. */
  async save(place: UploadPlace, changes: ReadonlyMap<string, Omit<KeptUpload, 'digest'> | undefined>, now: number): Promise<void> {
    const { registryId, repository } = place;
    const put = [...changes].flatMap(([digest, upload]) => {
      const state = upload && this.#sealed.seal(upload, contextOf(place, digest));
      return state === undefined ? [] : [{ registry_id: registryId, repository, digest, state, updated_at: now }];
    });
    const remove = [...changes].flatMap(([digest, upload]) => (upload ? [] : [digest]));
    try {
      await this.#store.transaction(async (trx) => {
        if (put.length > 0) {
          await trx
            .insertInto('copy_uploads')
            .values(put)
            .onConflict((conflict) =>
              conflict
                .columns(['registry_id', 'repository', 'digest'])
                .doUpdateSet((eb) => ({ state: eb.ref('excluded.state'), updated_at: eb.ref('excluded.updated_at') })),
            )
            .execute();
        }
        if (remove.length > 0) {
          await trx
            .deleteFrom('copy_uploads')
            .where('registry_id', '=', registryId)
            .where('repository', '=', repository)
            .where('digest', 'in', remove)
            .execute();
        }
      });
    } catch (error) {
      // The registry was removed meanwhile, and everything of it with it.
      if (!isForeignKeyViolation(error)) throw error;
    }
  }

  /** Of these copies and sync runs, those that have not ended. */
  async openOwners(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const copies = await this.#store.db.selectFrom('copies').select('id').where('id', 'in', ids).where('due_at', 'is not', null).execute();
    const runs = await this.#store.db.selectFrom('sync_runs').select('id').where('id', 'in', ids).where('open', '=', 1).execute();
    return new Set([...copies, ...runs].map(({ id }) => id));
  }

  /** Registries forget uploads within some days; what is older is of no use. */
  async prune(before: number): Promise<void> {
    await this.#store.db.deleteFrom('copy_uploads').where('updated_at', '<', before).execute();
  }
}

function contextOf({ registryId, repository }: UploadPlace, digest: string): string {
  return `upload/${registryId}/${repository}/${digest}`;
}
