import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyring } from '../../src/credentials/index.ts';
import { openStore } from '../../src/store/index.ts';

const run = promisify(execFile);
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tagboat-sqlite-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('ownership of a SQLite directory', () => {
  it('refuses a second hub in the same process, and takes over after a close', async () => {
    const first = await openStore({ dataDir });
    const refused = { code: 'store_in_use', message: expect.stringContaining(`process ${process.pid}`) };
    await expect(openStore({ dataDir })).rejects.toMatchObject(refused);
    await expect(openStore({ dataDir })).rejects.toMatchObject({ message: expect.stringContaining(dataDir) });
    await first.db.insertInto('hub').values({ key: 'still', value: 'mine' }).execute();
    await first.close();
    const second = await openStore({ dataDir });
    expect(await second.db.selectFrom('hub').selectAll().execute()).toHaveLength(1);
    await second.close();
    expect(await readdir(dataDir)).not.toContain('tagboat.pid');
  });

  it('refuses a second hub in another process, and takes over when the first was killed', async () => {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'writer-process.ts'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(writer, 'exit');
    await once(writer.stdout, 'data');
    writer.stdout.resume();
    await expect(openStore({ dataDir })).rejects.toMatchObject({
      code: 'store_in_use',
      message: expect.stringContaining(`process ${writer.pid}`),
    });
    const tool = await openStore({ dataDir, access: 'tool' });
    expect((await tool.db.selectFrom('hub').select('key').execute()).length).toBeGreaterThan(0);
    await tool.close();
    writer.kill('SIGKILL');
    await exited;
    const next = await openStore({ dataDir });
    await next.close();
  });

  it('is not misled by the note of a process long gone', async () => {
    await writeFile(join(dataDir, 'tagboat.pid'), '{"pid":1,"host":"elsewhere","since":"2020-01-01T00:00:00Z"}');
    await (await openStore({ dataDir })).close();
    await writeFile(join(dataDir, 'tagboat.pid'), '{"pid":');
    const owner = await openStore({ dataDir });
    await writeFile(join(dataDir, 'tagboat.pid'), '{"pid":');
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'store_in_use' });
    await owner.close();
  });
});

describe('failures of a SQLite file', () => {
  it('says that the disk is full, undoes the change, and goes on when there is room', async () => {
    const store = await openStore({ dataDir });
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.db);
    await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 2)}`.execute(store.db);
    const fill = store.transaction(async (trx) => {
      for (let i = 0; i < 100; i++)
        await trx
          .insertInto('hub')
          .values({ key: `k${i}`, value: 'x'.repeat(2000) })
          .execute();
    });
    await expect(fill).rejects.toMatchObject({ code: 'store_full', fault: 'hub', message: expect.stringContaining('tagboat.db') });
    expect(await store.db.selectFrom('hub').selectAll().execute()).toEqual([]);
    await sql`pragma max_page_count = 1000000`.execute(store.db);
    await store.transaction((trx) =>
      trx
        .insertInto('hub')
        .values({ key: 'a', value: 'x'.repeat(20_000) })
        .execute(),
    );
    await store.close();
  });

  it('says that the file is damaged', async () => {
    await writeFile(join(dataDir, 'tagboat.db'), 'this is not a database, '.repeat(1000));
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'store_corrupt', message: expect.stringContaining('tagboat.db') });
    await rm(join(dataDir, 'tagboat.db'));
    await (await openStore({ dataDir })).close();
  });

  it('says that the data directory cannot be used', async () => {
    const file = join(dataDir, 'file');
    await writeFile(file, '');
    await expect(openStore({ dataDir: join(file, 'data') })).rejects.toMatchObject({ code: 'data_dir_unusable' });
    await mkdir(join(dataDir, 'tagboat.db'));
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('makes files that only their owner can read', async () => {
    const inner = join(dataDir, 'data');
    const store = await openStore({ dataDir: inner });
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    await store.db.insertInto('hub').values({ key: 'a', value: '1' }).execute();
    const modes = await Promise.all((await readdir(inner)).map(async (file) => [file, (await stat(join(inner, file))).mode & 0o777]));
    expect(Object.fromEntries(modes)).toEqual({
      'tagboat.db': 0o600,
      'tagboat.db-shm': 0o600,
      'tagboat.db-wal': 0o600,
      'tagboat.lock': 0o600,
      'tagboat.pid': 0o600,
    });
    await store.close();
  });
});

describe('what is on the disk', () => {
  it('holds no sealed text in plain, before and after the log is merged', async () => {
    const plain = 'sw0rdfish-4711-sealed';
    const store = await openStore({ dataDir });
    const keyring = await openKeyring({ store, dataDir });
    for (let i = 0; i < 50; i++) {
      await store.db
        .insertInto('hub')
        .values({ key: `secret-${i}`, value: keyring.seal(`${plain}-${i}`, `test/${i}`) })
        .execute();
    }
    await keyring.rotate();
    // By another program: reading the open database from this process would drop SQLite's locks on it.
    const grep = async () => {
      const forms = [plain, Buffer.from(plain).toString('base64').slice(0, 20), Buffer.from(plain).toString('hex')];
      const found = await run('grep', [
        '--recursive',
        '--text',
        '--files-with-matches',
        ...forms.flatMap((form) => ['-e', form]),
        dataDir,
      ]).catch((error: { code?: number }) => error);
      expect(found).toMatchObject({ code: 1, stdout: '' });
    };
    expect(await readdir(dataDir)).toContain('tagboat.db-wal');
    await grep();
    await store.close();
    await grep();
  });
});
