import { describe, expect, it } from 'vitest';
import type { CopyEvent } from '../../oci/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { UploadKeeper } from './upload-keeper.ts';
import type { KeptUpload, UploadStore } from './upload-store.ts';

type Digest = Extract<CopyEvent, { kind: 'started' }>['digest'];
const a = `sha256:${'a'.repeat(64)}` as Digest;
const b = `sha256:${'b'.repeat(64)}` as Digest;
const place = { registryId: 'reg_1', repository: 'shop/api' };
const mebibyte = 1024 * 1024;

/** A store in memory, that says which owners are at work. */
function memoryStore(open: string[] = []) {
  const rows = new Map<string, Omit<KeptUpload, 'digest'>>();
  const saves: string[][] = [];
  const store = {
    underWay: new Map<string, string>(),
    list: async () => [...rows].map(([digest, upload]) => ({ digest, ...upload })),
    async save(_place: object, changes: ReadonlyMap<string, Omit<KeptUpload, 'digest'> | undefined>) {
      saves.push([...changes].map(([digest, upload]) => `${digest.slice(7, 8)}${upload ? upload.offset : '-'}`));
      for (const [digest, upload] of changes) if (upload) rows.set(digest, upload);
      for (const [digest, upload] of changes) if (!upload) rows.delete(digest);
    },
    openOwners: async (ids: readonly string[]) => new Set(ids.filter((id) => open.includes(id))),
  };
  return { store: store as unknown as UploadStore, rows, saves };
}

const at = (offset: number) => ({ location: 'https://registry.test/upload', offset });
const begin = (keeper: UploadKeeper, digest: Digest, size: number) => keeper.note({ kind: 'started', piece: 'blob', digest, size });
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('UploadKeeper', () => {
  it('writes the first state at once, and of those that follow quickly the last', async () => {
    const { store, saves } = memoryStore();
    const clock = new FakeClock();
    const keeper = new UploadKeeper({ store, clock }, place, 'cpy_1');
    begin(keeper, a, mebibyte);
    for (const offset of [0, 10, 20, 30]) {
      keeper.onUpload(a, at(offset));
      await settle();
    }
    expect(saves).toEqual([['a0']]);
    await clock.advance(250);
    await settle();
    expect(saves).toEqual([['a0'], ['a30']]);
    keeper.onUpload(a, undefined);
    await keeper.close();
    expect(saves.at(-1)).toEqual(['a-']);
  });

  it('writes nothing for small blobs', async () => {
    const { store, saves } = memoryStore();
    const keeper = new UploadKeeper({ store, clock: new FakeClock() }, place, 'cpy_1');
    begin(keeper, a, 1000);
    keeper.onUpload(a, at(0));
    keeper.onUpload(a, undefined);
    await keeper.close();
    expect(saves).toEqual([]);
  });

  it('takes up its own uploads and those of copies that have ended, not those under way', async () => {
    const { store, rows } = memoryStore(['cpy_open']);
    rows.set(a, { ...at(1), owner: 'cpy_open' });
    rows.set(b, { ...at(2), owner: 'cpy_gone' });
    const keeper = new UploadKeeper({ store, clock: new FakeClock() }, place, 'cpy_1');
    expect([...(await keeper.resumable()).keys()]).toEqual([b]);
    rows.set(a, { ...at(1), owner: 'cpy_1' });
    expect([...(await keeper.resumable()).keys()].toSorted()).toEqual([a, b]);
  });

  it('of two copies that send one blob to one place keeps the upload of the first', async () => {
    const { store, rows } = memoryStore();
    const clock = new FakeClock();
    const first = new UploadKeeper({ store, clock }, place, 'cpy_1');
    const second = new UploadKeeper({ store, clock }, place, 'cpy_2');
    first.onUpload(a, at(1));
    second.onUpload(a, at(2));
    await second.close();
    expect(rows.get(a)).toMatchObject({ offset: 1, owner: 'cpy_1' });
    await first.close();
    const third = new UploadKeeper({ store, clock }, place, 'cpy_3');
    third.onUpload(a, at(3));
    await third.close();
    expect(rows.get(a)).toMatchObject({ owner: 'cpy_3' });
  });

  it('leaves nothing behind of a copy that is made, and everything of one that is not', async () => {
    const { store, rows } = memoryStore();
    const keep = async (done: boolean) => {
      const keeper = new UploadKeeper({ store, clock: new FakeClock() }, place, 'cpy_1');
      keeper.onUpload(a, at(1));
      await keeper.close({ done });
      return [...rows.keys()];
    };
    expect(await keep(false)).toEqual([a]);
    expect(await keep(true)).toEqual([]);
  });
});
