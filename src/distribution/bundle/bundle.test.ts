import { generateKeyPairSync } from 'node:crypto';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { copy, OciLayout, RegistryClient, RepositoryTarget } from '../../oci/index.ts';
import { buildImage, buildIndex, buildSignature, FakeClock, startRegistry } from '../../testing/index.ts';
import { blobFiles } from './blob-files.ts';
import {
  contentsFile,
  LayoutRepository,
  layoutRepositories,
  pruneLayout,
  readSigningKey,
  readVerifyingKey,
  signatureFile,
  verifyBundle,
  writeContents,
} from './index.ts';

const pem = (kind: 'ed25519' | 'rsa' = 'ed25519') => {
  const pair = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    secret: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    open: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};
const keys = pem();
const key = readSigningKey(keys.secret);
const index = buildIndex({ manifests: ['linux/amd64', 'linux/arm64'].map((platform) => buildImage({ platform })) });
const web = buildImage({ layers: [{ files: { web: 'web' } }] });

let home = '';
let original = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tagboat-bundle-'));
  original = join(home, 'original');
  await using registry = await startRegistry();
  registry.put('shop/api', index, '1.0');
  registry.put('shop/api', buildSignature(index));
  registry.put('shop/web', web, '1.0', '2.0');
  const client = new RegistryClient({ url: registry.url, credential: { kind: 'anonymous' } });
  const layout = new OciLayout(original);
  for (const [name, tag] of [
    ['shop/api', '1.0'],
    ['shop/web', '1.0'],
    ['shop/web', '2.0'],
  ] as const)
    await copy(new RepositoryTarget(client.repository(name)), tag, new LayoutRepository(layout, name), [tag], { referrers: true });
  const sources = new Map([['shop/api:1.0', { registry: 'ghcr.io', repository: 'acme/api', tag: 'v1' }]]);
  await writeContents(original, layout, { key, sources, clock: systemClock });
  await Promise.all([client.close(), layout.close()]);
});

afterAll(() => rm(home, { recursive: true, force: true }));

/** A copy of the layout, tampered with. */
async function tampered(tamper: (directory: string) => Promise<unknown>): Promise<{ check: () => Promise<unknown> }> {
  const directory = await mkdtemp(join(home, 'copy-'));
  await cp(original, directory, { recursive: true });
  await tamper(directory);
  const layout = new OciLayout(directory);
  const check = async () => {
    try {
      return await verifyBundle(directory, layout, { key: readVerifyingKey(keys.open) });
    } finally {
      await layout.close();
    }
  };
  return { check };
}

const blob = (directory: string, { digest }: { digest: string }) => join(directory, 'blobs', ...digest.split(':'));

describe('a signed layout', () => {
  it('says what it holds, where it came from and how large it is', async () => {
    const contents = JSON.parse(await readFile(join(original, contentsFile), 'utf8'));
    expect(contents).toMatchObject({
      version: 1,
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      images: [
        { repository: 'shop/api', tag: '1.0', digest: index.digest, source: { registry: 'ghcr.io', repository: 'acme/api', tag: 'v1' } },
        { repository: 'shop/web', tag: '1.0', digest: web.digest },
        { repository: 'shop/web', tag: '2.0', digest: web.digest },
      ],
    });
    const size = web.bytes.length + web.blobs.reduce((sum, bytes) => sum + bytes.length, 0);
    expect(contents.images[1].size).toBe(size);
    const files = await readdir(join(original, 'blobs', 'sha256'));
    expect(contents.blobs.map(({ digest }: { digest: string }) => digest)).toEqual(files.sort().map((name) => `sha256:${name}`));
  });

  it('holds as it was made, and when it was carried elsewhere', async () => {
    let hashed = 0;
    const layout = new OciLayout(original);
    const contents = await verifyBundle(original, layout, { key: readVerifyingKey(keys.open), onProgress: (done) => (hashed = done) });
    await layout.close();
    expect(hashed).toBe(contents.blobs.reduce((sum, { size }) => sum + size, 0));
    const { check } = await tampered(async () => {});
    await expect(check()).resolves.toBeDefined();
  });

  it('is used as it was checked, whatever becomes of its index afterwards', async () => {
    const directory = await mkdtemp(join(home, 'copy-'));
    await cp(original, directory, { recursive: true });
    const unseen = buildSignature(web);
    // It names what is not there: nothing is wrong with that yet.
    await edit(directory, (text) => {
      const json = JSON.parse(text) as { manifests: object[] };
      const { mediaType, digest, bytes } = unseen;
      return JSON.stringify({ ...json, manifests: [...json.manifests, { mediaType, digest, size: bytes.length }] });
    });
    const layout = new OciLayout(directory);
    await verifyBundle(directory, layout, { key: readVerifyingKey(keys.open) });
    await edit(directory, (text) => text.replaceAll(index.digest, web.digest).replace('shop/web:2.0', 'shop/web:evil'));
    await writeFile(blob(directory, unseen), unseen.bytes);
    const [api, shop] = [new LayoutRepository(layout, 'shop/api'), new LayoutRepository(layout, 'shop/web')];
    expect((await api.resolve('1.0')).digest).toBe(index.digest);
    expect((await Array.fromAsync(shop.listTags())).flat()).toEqual(['1.0', '2.0']);
    expect((await layout.referrers(web.digest)).manifests).toEqual([]);
    await layout.close();
  });

  it.each<[string, (directory: string) => Promise<unknown>, string]>([
    ['no list', (at) => rm(join(at, contentsFile)), `no ${contentsFile}: it is not signed`],
    ['no signature', (at) => rm(join(at, signatureFile)), 'it is not signed'],
    ['another list', (at) => appendFile(join(at, contentsFile), ' '), 'does not fit'],
    ['another signature', (at) => writeFile(join(at, signatureFile), `${'A'.repeat(86)}==`), 'does not fit'],
    ['a signature that is none', (at) => writeFile(join(at, signatureFile), 'yes'), 'does not fit'],
    ['a missing layer', (at) => rm(blob(at, { digest: web.digest })), `${web.digest} is missing.`],
    [
      'a longer file',
      (at) => appendFile(blob(at, web), ' '),
      `${web.digest} has ${web.bytes.length + 1} bytes instead of ${web.bytes.length}.`,
    ],
    ['a changed file', (at) => writeFile(blob(at, web), Buffer.alloc(web.bytes.length)), `${web.digest} was changed.`],
    [
      'one more file',
      (at) => writeFile(join(at, 'blobs', 'sha256', 'a'.repeat(64)), 'x'),
      `blobs/sha256/${'a'.repeat(64)} is there in addition.`,
    ],
    ['something else among the blobs', (at) => writeFile(join(at, 'blobs', 'README'), 'x'), 'blobs/README is there in addition.'],
    [
      'a tag that points elsewhere',
      (at) => edit(at, (text) => text.replace('shop/web:2.0', 'shop/web:9').replace(index.digest, web.digest)),
      'shop/api:1.0 points elsewhere',
    ],
    [
      'another tag',
      (at) => edit(at, (text) => text.replace('shop/web:2.0', 'shop/web:9')),
      'shop/web:9 is there in addition. shop/web:2.0 is missing.',
    ],
  ])('does not hold with %s', async (_what, tamper, says) => {
    const { check } = await tampered(tamper);
    await expect(check()).rejects.toThrow(says);
  });

  it('does not hold for another key', async () => {
    const layout = new OciLayout(original);
    await expect(verifyBundle(original, layout, { key: readVerifyingKey(pem().open) })).rejects.toMatchObject({ code: 'bundle_unsigned' });
    await layout.close();
  });

  it('loses its signature when it is written without a key, and keeps what it knew of sources', async () => {
    const { check } = await tampered(async (at) => {
      const layout = new OciLayout(at);
      const { images } = await writeContents(at, layout, { clock: systemClock });
      await layout.close();
      expect(images[0]?.source).toMatchObject({ registry: 'ghcr.io' });
    });
    await expect(check()).rejects.toMatchObject({ code: 'bundle_unsigned' });
  });
});

async function edit(directory: string, change: (text: string) => string): Promise<void> {
  const path = join(directory, 'index.json');
  await writeFile(path, change(await readFile(path, 'utf8')));
}

describe('repositories of a layout', () => {
  it('have their own tags, and the blobs of all', async () => {
    const layout = new OciLayout(original);
    expect(await layoutRepositories(layout)).toEqual(['shop/api', 'shop/web']);
    const api = new LayoutRepository(layout, 'shop/api');
    expect(await Array.fromAsync(api.listTags())).toEqual([['1.0']]);
    await expect(api.resolve('2.0')).rejects.toMatchObject({ code: 'registry_not_found' });
    expect((await api.resolve('1.0')).digest).toBe(index.digest);
    expect((await api.referrers(index.digest)).manifests).toHaveLength(1);
    expect(api.place).toEqual(new LayoutRepository(layout, 'shop/web').place);
    await layout.close();
  });

  it('lose a tag only while it points where it did', async () => {
    const directory = join(home, 'removing');
    await cp(original, directory, { recursive: true });
    const layout = new OciLayout(directory);
    const repository = new LayoutRepository(layout, 'shop/web');
    expect(await repository.removeTag('2.0', index.digest)).toBe(false);
    expect(await repository.removeTag('2.0', web.digest)).toBe(true);
    expect(await Array.fromAsync(repository.listTags())).toEqual([['1.0']]);
    expect((await new LayoutRepository(layout, 'shop/api').resolve('1.0')).digest).toBe(index.digest);
    await layout.close();
  });
});

describe('pruning a layout', () => {
  const files = async (directory: string) => (await blobFiles(directory)).map(({ digest }) => digest);

  it('removes what no name leads to, signatures of it included, and nothing else', async () => {
    const directory = join(home, 'pruning');
    await cp(original, directory, { recursive: true });
    const layout = new OciLayout(directory);
    const later = new FakeClock(Date.now() + 2 * 3600_000);
    expect(await pruneLayout(directory, layout, later)).toEqual({ files: 0, bytes: 0 });
    await new LayoutRepository(layout, 'shop/api').removeTag('1.0', index.digest);
    expect(await pruneLayout(directory, layout, systemClock)).toEqual({ files: 0, bytes: 0 });
    const { files: removed, bytes } = await pruneLayout(directory, layout, later);
    expect(removed).toBeGreaterThan(3);
    expect(bytes).toBeGreaterThan(0);
    expect(await files(directory)).toHaveLength(1 + web.blobs.length);
    expect(await layout.entries()).toHaveLength(2);
    expect((await new LayoutRepository(layout, 'shop/web').resolve('2.0')).digest).toBe(web.digest);
    await layout.close();
  });

  it('removes nothing when something that is named is not there', async () => {
    const directory = join(home, 'pruning-damaged');
    await cp(original, directory, { recursive: true });
    await rm(blob(directory, web));
    const layout = new OciLayout(directory);
    await new LayoutRepository(layout, 'shop/api').removeTag('1.0', index.digest);
    const before = await files(directory);
    await expect(pruneLayout(directory, layout, new FakeClock(Date.now() + 2 * 3600_000))).rejects.toThrow('is not there');
    expect(await files(directory)).toEqual(before);
    await layout.close();
  });
});

describe('keys', () => {
  it('are Ed25519, and the public one where things are checked', () => {
    expect(() => readSigningKey('nonsense')).toThrow('no private key');
    expect(() => readSigningKey(pem('rsa').secret)).toThrow('Ed25519 is needed');
    expect(() => readVerifyingKey(keys.secret)).toThrow('the public one is meant');
    expect(() => readVerifyingKey(pem('rsa').open)).toThrow('Ed25519 is needed');
  });
});
