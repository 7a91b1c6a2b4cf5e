import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UploadFolder } from './upload-folder.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const place = { registryId: 'https://registry.test/#ci', repository: 'shop/api' };
const state = { location: 'https://registry.test/v2/shop/api/blobs/uploads/1', offset: 5 };

let home: string;
let folder: UploadFolder;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tagboat-uploads-'));
  folder = new UploadFolder({ XDG_CACHE_HOME: home });
});
afterEach(() => rm(home, { recursive: true }));

const keep = (owner = folder.owner) => folder.save(place, new Map([[digest, { ...state, owner }]]), Date.now());
const root = () => join(home, 'tagboat/uploads');

describe('UploadFolder', () => {
  it('gives back what was kept of a place, to another process as well, and forgets what has ended', async () => {
    await keep();
    const another = new UploadFolder({ XDG_CACHE_HOME: home });
    expect(await another.list(place)).toEqual([{ digest, ...state, owner: folder.owner }]);
    for (const other of [
      { ...place, repository: 'shop/web' },
      { ...place, registryId: 'https://registry.test/#somebody' },
    ])
      expect(await another.list(other)).toEqual([]);
    await folder.save(place, new Map([[digest, undefined]]), Date.now());
    expect(await readdir(root())).toEqual([]);
    await keep();
    expect(await folder.list(place)).toHaveLength(1);
  });

  it('leaves out what is no upload', async () => {
    await keep();
    const [name = ''] = await readdir(root());
    const at = (file: string) => join(root(), name, file);
    const b = `sha256-${'b'.repeat(64)}`;
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"location":1,"offset":0,"owner":"x"}',
      '{"location":"x","offset":0.5,"owner":"x"}',
      `"${'x'.repeat(20_000)}"`,
    ]) {
      await writeFile(at(b), text);
      expect(
        (await folder.list(place)).map((upload) => upload.digest),
        text.slice(0, 50),
      ).toEqual([digest]);
    }
    await rm(at(b));
    await writeFile(at('notes.txt'), JSON.stringify({ ...state, owner: 'x' }));
    await mkdir(at(b));
    expect(await folder.list(place)).toHaveLength(1);
  });

  it('removes what is older than a week', async () => {
    await keep();
    const [name = ''] = await readdir(root());
    const longAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
    await utimes(join(root(), name), longAgo, longAgo);
    const other = { ...place, repository: 'shop/web' };
    await new UploadFolder({ XDG_CACHE_HOME: home }).save(other, new Map([[digest, { ...state, owner: 'x' }]]), Date.now());
    expect(await folder.list(place)).toEqual([]);
    expect(await folder.list(other)).toHaveLength(1);
  });

  it('knows who may be at work', async () => {
    const now = Date.now();
    const alive = `${hostname()}/${process.ppid}/${now}`;
    const before = `${hostname()}/${process.pid}/${now - 1000}`;
    const gone = `${hostname()}/2147483646/${now}`;
    const elsewhere = `other-machine/1/${now - 3_600_000}`;
    const longElsewhere = `other-machine/1/${now - 25 * 3_600_000}`;
    const all = [
      alive,
      before,
      gone,
      elsewhere,
      longElsewhere,
      'x',
      `${hostname()}/x/y`,
      `${hostname()}/0/${now}`,
      `${hostname()}/-1/${now}`,
    ];
    expect([...(await folder.openOwners(all))]).toEqual([alive, elsewhere]);
  });
});
