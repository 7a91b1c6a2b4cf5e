import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { notInstalled, run } from './run.ts';
import { temporaryDirectory } from './temporary.ts';

/** A PostgreSQL cluster of one test run's own. */
export interface TestPostgres {
  /** URL of the database `postgres`. */
  url: string;
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>;
  stop: () => Promise<void>;
}

/**
 * Starts a private cluster on 127.0.0.1 (about a second), without fsync. PostgreSQL refuses to run as root, so as root it runs as the user
 * `postgres` that Debian's package made.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = await binaries();
  const directory = await temporaryDirectory('tagboat-postgres');
  const data = join(directory.path, 'data');
  const root = process.getuid?.() === 0;
  if (root) {
    const { stdout } = await run('id', ['-u', 'postgres']);
    const { stdout: group } = await run('id', ['-g', 'postgres']);
    await chown(directory.path, Number(stdout), Number(group));
  }
  const as = (program: string, ...args: string[]) =>
    root ? run('runuser', ['-u', 'postgres', '--', join(bin, program), ...args], { cwd: '/' }) : run(join(bin, program), args);
  const port = await freePort();
  await as('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8');
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -k ${directory.path} -c fsync=off`;
  await as('pg_ctl', '-D', data, '-w', '-l', join(directory.path, 'log'), '-o', settings, 'start');
  const address = `postgres://postgres@127.0.0.1:${port}`;
  let databases = 0;
  return {
    url: `${address}/postgres`,
    createDatabase: async () => {
      const name = `test_${++databases}`;
      await as('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', name);
      return `${address}/${name}`;
    },
    stop: async () => {
      await as('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      await directory.remove();
    },
  };
}

async function binaries(): Promise<string> {
  const base = '/usr/lib/postgresql';
  const versions = await readdir(base).catch((error: unknown) => Promise.reject(notInstalled('postgresql', error)));
  const newest = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw notInstalled('postgresql');
  return join(base, newest, 'bin');
}
