import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configPath, loadConfig, normaliseHubUrl, saveConfig } from './config.ts';
import { MachineError, UsageError } from './errors.ts';
import { fakeTerminal } from './testing/terminal.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tagboat-config-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('configuration file', () => {
  it('is empty when it is not there', async () => {
    expect(await loadConfig(fakeTerminal({ home }))).toEqual({ hubs: {} });
  });

  it('is readable by its owner only, and leaves nothing behind', async () => {
    const io = fakeTerminal({ home });
    const config = { current: 'http://127.0.0.1:7330', hubs: { 'http://127.0.0.1:7330': { token: 'tgb_x', user: 'ana' } } };
    await saveConfig(io, config);
    const path = configPath(io);
    expect(path).toBe(join(home, '.config/tagboat/config.json'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect(await readdir(dirname(path))).toEqual(['config.json']);
    expect(await loadConfig(io)).toEqual(config);
  });

  it('is not world-readable even where an older one was', async () => {
    const io = fakeTerminal({ env: { XDG_CONFIG_HOME: home } });
    await saveConfig(io, { hubs: {} });
    await writeFile(configPath(io), '{"hubs":{}}', { mode: 0o644 });
    await saveConfig(io, { hubs: {} });
    expect((await stat(configPath(io))).mode & 0o777).toBe(0o600);
  });

  it('never quotes itself in an error: it holds tokens', async () => {
    const io = fakeTerminal({ home });
    await saveConfig(io, { hubs: {} });
    await writeFile(configPath(io), '{"hubs": {"x": {"token": "tgb_very-secret"');
    const error = await loadConfig(io).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MachineError);
    expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toContain('very-secret');
    await writeFile(configPath(io), '{"hubs": []}');
    expect(await loadConfig(io)).toEqual({ hubs: [] });
    await writeFile(configPath(io), '{"hubs": {"x": 1}}');
    await expect(loadConfig(io)).rejects.toThrow(MachineError);
    expect(await readFile(configPath(io), 'utf8')).toBe('{"hubs": {"x": 1}}');
  });
});

describe('normaliseHubUrl', () => {
  it.each([
    ['127.0.0.1:7330', 'http://127.0.0.1:7330'],
    ['localhost:7330/', 'http://localhost:7330'],
    ['tagboat.acme.io', 'https://tagboat.acme.io'],
    ['https://Tagboat.acme.io:443/', 'https://tagboat.acme.io'],
    ['http://10.0.0.5/tagboat/', 'http://10.0.0.5/tagboat'],
  ])('%s is %s', (text, url) => expect(normaliseHubUrl(text)).toBe(url));

  it.each(['ftp://tagboat.acme.io', 'https://ana:pw@tagboat.acme.io', 'https://', 'a b'])('refuses %s', (text) => {
    expect(() => normaliseHubUrl(text)).toThrow(UsageError);
  });
});
