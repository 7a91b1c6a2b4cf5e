import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The Node.js and npm of the machine, not those of the checkout. */
const outside = {
  ...process.env,
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((part) => !part.includes('node_modules'))
    .join(delimiter),
};

describe('the npm package', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tagboat-package-'));
    await run('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], { cwd: root, env: outside });
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}');
    await run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', join(folder, tarball ?? 'missing.tgz')],
      {
        cwd: folder,
        env: outside,
      },
    );
  }, 240_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the built program and page, and no source, test or data', async () => {
    const names = (await readdir(join(folder, 'node_modules/tagboat'), { recursive: true })).map(String);
    expect(names).toContain(join('dist', 'main.js'));
    expect(names).toContain(join('web', 'dist', 'index.html'));
    expect(names.filter((name) => /\.test\.|^src|^data|\.ts$/.test(name) && !name.endsWith('.d.ts'))).toEqual([]);
  });

  it('runs its command line on the Node.js of the machine', async () => {
    const { stdout } = await run(join(folder, 'node_modules/.bin/tagboat'), ['--version'], { cwd: folder, env: outside });
    expect(stdout.trim()).toMatch(/\d+\.\d+\.\d+/);
  });

  it('runs the programs of clients on the Node.js of the machine', async () => {
    const helper = await run(join(folder, 'node_modules/.bin/docker-credential-tagboat'), ['version'], { cwd: folder, env: outside });
    expect(helper.stdout).toMatch(/^docker-credential-tagboat \d+\.\d+\.\d+\n$/);
    const kubelet = await run(join(folder, 'node_modules/.bin/tagboat-kubelet-credential-provider'), ['--version'], {
      cwd: folder,
      env: outside,
    });
    expect(kubelet.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('can be used as a library', async () => {
    await writeFile(
      join(folder, 'use.mjs'),
      "import { parseReference, formatReference } from 'tagboat/oci'; console.log(formatReference(parseReference('alpine')));",
    );
    const node = join(folder, 'node_modules/.bin/node');
    expect(existsSync(node)).toBe(true);
    const { stdout } = await run(node, ['use.mjs'], { cwd: folder, env: outside });
    expect(stdout.trim()).toBe('docker.io/library/alpine:latest');
  });
});
