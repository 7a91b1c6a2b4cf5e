import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { openStore, type Store, type StoreKind } from '../../src/store/index.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

export interface StoreBench {
  kind: StoreKind;
  /** A fresh, empty store; closed after the test. */
  open(): Promise<Store>;
  /** Where a fresh store is, for those who open it themselves, several times. */
  place(): Promise<{ dataDir: string; database?: string }>;
}

/** Runs a suite twice: on SQLite files and on a private PostgreSQL cluster. */
export function describeEachStore(title: string, suite: (bench: StoreBench) => void): void {
  for (const kind of ['sqlite', 'postgres'] as const) {
    describe(`${title} on ${kind}`, () => {
      let postgres: TestPostgres | undefined;
      const directories: string[] = [];
      const stores: Store[] = [];

      beforeAll(async () => {
        if (kind === 'postgres') postgres = await startPostgres();
      });
      afterEach(async () => {
        await Promise.all(stores.splice(0).map((store) => store.close()));
        await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true })));
      });
      afterAll(async () => {
        await postgres?.stop();
      });

      const place = async () => {
        const dataDir = await mkdtemp(join(tmpdir(), 'tagboat-store-'));
        directories.push(dataDir);
        return postgres ? { dataDir, database: await postgres.createDatabase() } : { dataDir };
      };
      suite({
        kind,
        place,
        async open() {
          const store = await openStore(await place());
          stores.push(store);
          return store;
        },
      });
    });
  }
}
