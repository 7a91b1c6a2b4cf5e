import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type KeyringOptions, openKeyring } from '../../src/credentials/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { describeEachStore } from './each-store.ts';

const secret = 'correct horse battery staple 8391';
const context = 'registry/reg_1/password';

describeEachStore('the keyring', (bench) => {
  async function start(options: Partial<KeyringOptions> = {}) {
    const place = await bench.place();
    const store = await openStore(place);
    const open = (more: Partial<KeyringOptions> = options) => openKeyring({ store, dataDir: place.dataDir, ...more });
    return { place, store, open, dataDir: place.dataDir, keyFile: join(place.dataDir, 'master.key') };
  }

  it('makes a key that only its owner can read, and opens with it again', async () => {
    const { store, open, keyFile } = await start();
    const sealed = (await open()).seal(secret, context);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await readFile(keyFile, 'utf8')).trim()).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    const again = await open();
    expect(again.state).toBe('ready');
    expect(again.isLost(sealed)).toBe(false);
    expect(again.unseal(sealed, context).reveal()).toBe(secret);
    await store.close();
  });

  it('never seals twice alike, and keeps empty and non-ASCII text', async () => {
    const { store, open } = await start();
    const keyring = await open();
    expect(keyring.seal(secret, context)).not.toBe(keyring.seal(secret, context));
    for (const plain of ['', 'пароль 🚢', 'x'.repeat(100_000)]) {
      const sealed = keyring.seal(plain, context);
      expect(sealed).toMatch(/^v1\.[a-z0-9]+\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22,}$/);
      expect(keyring.unseal(sealed, context).reveal()).toBe(plain);
    }
    await store.close();
  });

  it('does not open what was changed or moved', async () => {
    const { store, open } = await start();
    const keyring = await open();
    const sealed = keyring.seal(secret, context);
    const refused = expect.objectContaining({ code: 'unseal_failed', fault: 'hub' });
    expect(() => keyring.unseal(sealed, 'registry/reg_2/password')).toThrow(refused);
    expect(() => keyring.unseal(sealed, 'registry/reg_1/token')).toThrow(refused);
    const at = sealed.lastIndexOf('.') + 3;
    const flipped = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
    for (const bad of [flipped, sealed.slice(0, -4), '', secret, 'v1.a.b.c', sealed.replace(/^v1/, 'v2')]) {
      expect(() => keyring.unseal(bad, context)).toThrow(refused);
    }
    await store.close();
  });

  it('refuses a wrong master key, says so, and changes nothing', async () => {
    const { store, open, keyFile } = await start();
    const sealed = (await open()).seal(secret, context);
    const right = await readFile(keyFile, 'utf8');
    await writeFile(keyFile, Buffer.alloc(32, 7).toString('base64'));
    await expect(open()).rejects.toMatchObject({ code: 'wrong_master_key', fault: 'hub', message: expect.stringContaining(keyFile) });
    await writeFile(keyFile, 'short');
    await expect(open()).rejects.toMatchObject({ code: 'master_key_invalid' });
    await writeFile(keyFile, right);
    expect((await open()).unseal(sealed, context).reveal()).toBe(secret);
    await store.close();
  });

  it('takes the key from the environment: base64, hexadecimal or a passphrase, and makes no file', async () => {
    const bytes = Buffer.from('0123456789abcdef0123456789abcdef');
    for (const masterKey of [bytes.toString('base64'), bytes.toString('hex'), 'a long enough passphrase']) {
      const { store, open, dataDir } = await start({ masterKey });
      const sealed = (await open()).seal(secret, context);
      expect((await open()).unseal(sealed, context).reveal()).toBe(secret);
      await expect(open({ masterKey: 'another long enough passphrase' })).rejects.toMatchObject({ code: 'wrong_master_key' });
      await expect(open({ masterKey: 'too short' })).rejects.toMatchObject({ code: 'master_key_invalid' });
      expect(await readdir(dataDir)).not.toContain('master.key');
      await store.close();
    }
  });

  it('takes hexadecimal and base64 of the same bytes for the same key', async () => {
    const bytes = Buffer.alloc(32, 9);
    const { store, open } = await start({ masterKey: bytes.toString('hex') });
    const sealed = (await open()).seal(secret, context);
    expect((await open({ masterKey: bytes.toString('base64url') })).unseal(sealed, context).reveal()).toBe(secret);
    await store.close();
  });

  it('takes away the rights of others on the key file, and warns', async () => {
    const { store, open, keyFile } = await start();
    await open();
    await chmod(keyFile, 0o644);
    const warnings: string[] = [];
    await open({ onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringContaining('0644')]);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('rotates: the new key opens everything, the old one nothing', async () => {
    const { store, open, keyFile, dataDir } = await start();
    const keyring = await open();
    const sealed = keyring.seal(secret, context);
    const old = await readFile(keyFile, 'utf8');
    expect(await keyring.rotate()).toEqual({ source: 'file' });
    expect(await readFile(keyFile, 'utf8')).not.toBe(old);
    expect(await readdir(dataDir)).not.toContain('master.key.next');
    expect(keyring.unseal(sealed, context).reveal()).toBe(secret);
    expect((await open()).unseal(sealed, context).reveal()).toBe(secret);
    await writeFile(keyFile, old);
    await expect(open()).rejects.toMatchObject({ code: 'wrong_master_key' });
    await store.close();
  });

  it('rotates a key of the environment and hands over the new one', async () => {
    const { store, open } = await start({ masterKey: 'the passphrase of before' });
    const keyring = await open();
    const sealed = keyring.seal(secret, context);
    const { masterKey } = await keyring.rotate();
    await expect(open()).rejects.toMatchObject({ code: 'wrong_master_key' });
    const fresh = await open({ masterKey: masterKey?.reveal() });
    expect(fresh.unseal(sealed, context).reveal()).toBe(secret);
    expect(await fresh.rotate('the passphrase from now on')).toEqual({ source: 'environment', masterKey: undefined });
    expect((await open({ masterKey: 'the passphrase from now on' })).unseal(sealed, context).reveal()).toBe(secret);
    await store.close();
  });

  it('survives being killed at any point of a rotation', async () => {
    const { store, open, place, dataDir } = await start();
    const sealed = (await open()).seal(secret, context);
    const dying: Record<string, Store['transaction']> = {
      'before the database is changed': () => Promise.reject(new Error('killed')),
      'after the database is changed': async (work) => {
        await store.transaction(work);
        throw new Error('killed');
      },
    };
    for (const transaction of Object.values(dying)) {
      const keyring = await openKeyring({ store: { ...store, transaction }, dataDir: place.dataDir });
      await expect(keyring.rotate()).rejects.toThrow('killed');
      expect(await readdir(dataDir)).toContain('master.key.next');
      expect((await open()).unseal(sealed, context).reveal()).toBe(secret);
      expect(await readdir(dataDir)).not.toContain('master.key.next');
      expect((await open()).state).toBe('ready');
    }
    await store.close();
  });

  it('starts without a lost key, loses nothing until the loss is accepted', async () => {
    const { store, open, keyFile } = await start();
    const sealed = (await open()).seal(secret, context);
    const key = await readFile(keyFile, 'utf8');
    await rm(keyFile);

    const warnings: string[] = [];
    const lost = await open({ onWarning: (message) => warnings.push(message) });
    expect(lost.state).toBe('lost');
    expect(warnings).toEqual([expect.stringContaining(keyFile)]);
    expect(lost.isLost(sealed)).toBe(true);
    expect(() => lost.seal(secret, context)).toThrow(expect.objectContaining({ code: 'key_lost' }));
    expect(() => lost.unseal(sealed, context)).toThrow(expect.objectContaining({ code: 'unseal_failed' }));
    await expect(lost.rotate()).rejects.toMatchObject({ code: 'key_lost' });

    await writeFile(keyFile, key, { mode: 0o600 });
    expect((await open()).unseal(sealed, context).reveal()).toBe(secret);
    await rm(keyFile);

    const accepting = await open();
    await accepting.acceptLoss();
    expect(accepting.state).toBe('ready');
    expect(accepting.isLost(sealed)).toBe(true);
    const fresh = accepting.seal('entered again', context);
    const next = await open();
    expect(next.state).toBe('ready');
    expect(next.unseal(fresh, context).reveal()).toBe('entered again');
    expect(next.isLost(sealed)).toBe(true);
    expect(() => next.unseal(sealed, context)).toThrow(
      expect.objectContaining({ code: 'unseal_failed', message: expect.stringContaining('entered again') }),
    );
    await store.close();
  });

  it('starts with a wrong or unusable key when the operator says that the right one is lost', async () => {
    const { store, open, keyFile } = await start();
    const sealed = (await open()).seal(secret, context);
    for (const wrong of [Buffer.alloc(32, 7).toString('base64'), 'short']) {
      await writeFile(keyFile, wrong);
      const lost = await open({ masterKeyLost: true });
      expect(lost.state).toBe('lost');
      await lost.acceptLoss();
      expect((await open()).state).toBe('ready');
      expect((await open()).isLost(sealed)).toBe(true);
    }
    await store.close();
  });

  it('ignores the declaration of a loss while the key fits', async () => {
    const { store, open } = await start();
    const sealed = (await open()).seal(secret, context);
    expect((await open({ masterKeyLost: true })).unseal(sealed, context).reveal()).toBe(secret);
    await store.close();
  });

  it('survives being killed while the loss is accepted', async () => {
    const { store, open, place, keyFile } = await start();
    await open();
    await rm(keyFile);
    const before = await openKeyring({
      store: { ...store, transaction: () => Promise.reject(new Error('killed')) },
      dataDir: place.dataDir,
    });
    await expect(before.acceptLoss()).rejects.toThrow('killed');
    expect((await open()).state).toBe('lost');
    const after = await openKeyring({
      store: {
        ...store,
        async transaction(work) {
          await store.transaction(work);
          throw new Error('killed');
        },
      },
      dataDir: place.dataDir,
    });
    await expect(after.acceptLoss()).rejects.toThrow('killed');
    expect((await open()).state).toBe('ready');
    await store.close();
  });
});
