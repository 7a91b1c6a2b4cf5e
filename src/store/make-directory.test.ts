import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeDirectory } from './make-directory.ts';
import { openStore } from './store.ts';

describe('makeDirectory', () => {
  it('makes a directory with those above it, and leaves what is there', () => {
    const base = mkdtempSync(join(tmpdir(), 'tagboat-directory-'));
    onTestFinished(() => rmSync(base, { recursive: true }));
    makeDirectory(join(base, 'a', 'b'), 0o700);
    makeDirectory(join(base, 'a', 'b'), 0o700);
    expect(statSync(join(base, 'a', 'b')).mode & 0o777).toBe(0o700);
    writeFileSync(join(base, 'file'), '');
    expect(() => makeDirectory(join(base, 'file'), 0o700)).toThrow(/EEXIST/);
    expect(() => makeDirectory(join(base, 'file', 'below'), 0o700)).toThrow(/ENOTDIR|EEXIST/);
  });

  // Where there is no /proc, it cannot be created either.
  it('says that a data directory cannot be where nothing can be made, instead of trying for ever', async () => {
    await expect(openStore({ dataDir: '/proc/x' })).rejects.toMatchObject({
      code: 'data_dir_unusable',
      message: expect.stringContaining('/proc/x cannot be created'),
    });
  });
});
