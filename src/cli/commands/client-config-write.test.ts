import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ClientFile } from '../../sdk/index.ts';
import { writeClientFiles } from './client-config-write.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tagboat-write-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (path: string, more: Partial<ClientFile> = {}): ClientFile => ({
  path,
  mode: '0644',
  content: 'a = 1\n',
  format: 'toml',
  action: 'create',
  ...more,
});
const write = (files: readonly ClientFile[], force?: boolean) => writeClientFiles(folder, files, { force, home: '/nowhere' });

it.each(['/../x', '/etc/../../x', 'x', '~x/y', '~/../x', '/etc//x', '/', '~/', '/a\0b', '/a\\..\\b', ''])(
  'writes nothing at %j',
  async (path) => {
    await expect(write([file('/good'), file(path)])).rejects.toThrow('outside the folder');
    expect(await readdir(folder)).toEqual([]);
  },
);

it('writes all or nothing', async () => {
  await write([file('/etc/one')]);
  const clash = [file('/etc/two'), file('/etc/one', { content: 'b = 2\n' })];
  await expect(write(clash)).rejects.toThrow('another one. Nothing was written');
  await expect(write([file('/etc/two'), file('/etc/one', { content: 'a = 2\n', action: 'merge' })], true)).rejects.toThrow('a is set to 1');
  expect(await readdir(join(folder, 'etc'))).toEqual(['one']);
  expect((await write(clash, true)).map(({ outcome }) => outcome)).toEqual(['created', 'replaced']);
  expect((await write([file('/etc/one', { content: '[t]\nc = 3\n', action: 'merge' })])).map(({ outcome }) => outcome)).toEqual(['merged']);
});
