import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentError, copy, ImageArchive } from '../../src/oci/index.ts';
import { buildImage, buildIndex, digestOf, tar, writeOciLayout } from '../../src/testing/index.ts';
import { run } from '../support/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { type CopyWorld, copyWorld, isWhole } from './copy-world.ts';

/** Archives that somebody made to do harm, or that broke: nothing is tagged, nothing outside is read, and it comes to its end. */
const image = buildImage({ layers: [{ files: { a: randomBytes(100_000) } }] });
const index = buildIndex({ manifests: [image, buildImage({ platform: 'linux/arm64' })] });
const blobName = (digest: string) => `blobs/${digest.replace(':', '/')}`;

let directory: TemporaryDirectory;
let world: CopyWorld;
const at = (name: string) => join(directory.path, name);

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-hostile');
  world = await copyWorld();
  await writeOciLayout(at('good'), [{ content: index, tag: '1' }]);
  await run('tar', ['-cf', at('good.tar'), '-C', at('good'), '.']);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory.remove();
});

let loads = 0;
/** Into a repository of its own. */
async function load(path: string, options: { maxUnpackedBytes?: number } = {}): Promise<void> {
  loads++;
  const archive = await ImageArchive.open(path, options);
  try {
    await copy(archive, '1', world.destination(`loaded/${loads}`), ['1']);
  } finally {
    await archive.close();
  }
}

/** Whether the last one was. */
const isLoaded = () => isWhole(world.to, `loaded/${loads}`, index);

/** The words in which it fails; nothing of it is under a tag then. */
async function refusal(path: string, options?: { maxUnpackedBytes?: number }): Promise<string> {
  const thrown: unknown = await load(path, options).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Error);
  expect(world.to.content.resolve(`loaded/${loads}`, '1')).toBeUndefined();
  return (thrown as Error).message;
}

/** The good layout, with some of its files replaced, as GNU tar packs it. */
async function packed(name: string, change: (layout: string) => Promise<void>): Promise<string> {
  await run('cp', ['-r', at('good'), at(name)]);
  await change(at(name));
  await run('tar', ['-cf', at(`${name}.tar`), '-C', at(name), '.']);
  return at(`${name}.tar`);
}

describe('what is too much', () => {
  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('a bomb of %s', async (kind, compress) => {
    await writeFile(at(`bomb.${kind}`), compress(Buffer.alloc(70 * 1024 * 1024)));
    expect(await refusal(at(`bomb.${kind}`))).toMatch(/unpacks to more than 1000 times its size/);
  });

  it('an archive that unpacks to more than what is allowed in all', async () => {
    await writeFile(at('large.tar.gz'), gzipSync(await readFile(at('good.tar'))));
    expect(await refusal(at('large.tar.gz'), { maxUnpackedBytes: 10_000 })).toMatch(
      /unpacks to more than 10000 bytes; unpack it with gzip/,
    );
    await load(at('large.tar.gz'));
    expect(isLoaded()).toBe(true);
  });

  it('a million entries', async () => {
    // As members of gzip, one after the other, so that nobody needs 512 MB in memory for it.
    const some = tar({ a: '' }).subarray(0, 512);
    const member = gzipSync(Buffer.concat(Array.from({ length: 10_000 }, () => some)));
    await writeFile(at('million.tar.gz'), Buffer.concat(Array.from({ length: 100 }, () => member)));
    expect(await refusal(at('million.tar.gz'))).toMatch(/more than 100000 entries/);
  });

  it('an index that is larger than any real one', async () => {
    const filler = JSON.stringify({ schemaVersion: 2, manifests: [], filler: 'x'.repeat(33 * 1024 * 1024) });
    await writeFile(at('huge-index.tar'), tar({ 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', 'index.json': filler }));
    expect(await refusal(at('huge-index.tar'))).toMatch(/index\.json has \d+ bytes; at most \d+ are read/);
  });

  it('a header that is longer than any real one', async () => {
    const bytes = Buffer.from(tar({ a: Buffer.alloc(2 * 1024 * 1024) }));
    bytes.write('x', 156);
    await writeFile(at('long-pax.tar'), rechecked(bytes));
    expect(await refusal(at('long-pax.tar'))).toMatch(/a header that is longer than any real one/);
  });
});

describe('what leads out', () => {
  it.each([
    ['upwards', '../../../../../../etc/passwd'],
    ['by its root', '/etc/passwd'],
    ['to itself', ''],
  ])('a blob that is a symbolic link %s', async (how, target) => {
    const [config = ''] = index.children[0]?.blobs.map((blob) => digestOf(blob)) ?? [];
    const path = await packed(`link-${how}`, async (layout) => {
      const blob = join(layout, blobName(config));
      await run('rm', [blob]);
      await symlink(target === '' ? blob.slice(blob.lastIndexOf('/') + 1) : target, blob);
    });
    expect(await refusal(path)).toMatch(/blob sha256:.* is not there|sha256:[0-9a-f]{64} is not there/);
  });

  it('a hard link to what is outside', async () => {
    const bytes = Buffer.from(tar({ 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', 'index.json': '', x: '' }));
    const header = bytes.subarray(1024, 1536);
    header.write('1', 156);
    header.write('../../etc/hostname', 157);
    await writeFile(at('hard.tar'), rechecked(bytes, 1024));
    expect(await refusal(at('hard.tar'))).toMatch(/neither an OCI layout/);
  });

  it('a chain of links that does not end', async () => {
    const path = await packed('chain', async (layout) => {
      for (let i = 0; i < 20; i++) await symlink(`l${i + 1}`, join(layout, `l${i}`));
      await run('rm', [join(layout, 'index.json')]);
      await symlink('l0', join(layout, 'index.json'));
      await symlink('l0', join(layout, 'l20'));
    });
    expect(await refusal(path)).toMatch(/neither an OCI layout nor what docker save writes/);
  });

  it('links inside are followed, as docker save and others write them', async () => {
    const path = await packed('inside', async (layout) => {
      await run('mv', [join(layout, 'index.json'), join(layout, 'real.json')]);
      await symlink('real.json', join(layout, 'index.json'));
    });
    await load(path);
    expect(isLoaded()).toBe(true);
  });

  it('a digest in the index that is a path', async () => {
    const entry = {
      mediaType: index.mediaType,
      digest: 'sha256:../../../../etc/passwd',
      size: 10,
      annotations: { 'org.opencontainers.image.ref.name': '1' },
    };
    const path = await packed('path-digest', (layout) =>
      writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] })),
    );
    expect(await refusal(path)).toMatch(/has no valid digest/);
  });
});

describe('what is not what it says', () => {
  it('as it is, it would be loaded', async () => {
    await load(at('good.tar'));
    expect(isLoaded()).toBe(true);
  });

  it.each([0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9])('an archive that is cut short at %f of its length', async (part) => {
    const whole = await readFile(at('good.tar'));
    await writeFile(at(`cut-${part}.tar`), whole.subarray(0, Math.floor(whole.length * part)));
    expect(await refusal(at(`cut-${part}.tar`))).toMatch(/cut short|broken|not a tar archive|neither an OCI layout|lacks|is not there/);
  });

  it.each([0.1, 0.5, 0.99])('a compressed one that is cut short at %f of its length', async (part) => {
    const whole = gzipSync(await readFile(at('good.tar')));
    await writeFile(at(`cut-${part}.tar.gz`), whole.subarray(0, Math.floor(whole.length * part)));
    expect(await refusal(at(`cut-${part}.tar.gz`))).toMatch(/broken or cut short/);
  });

  it('a blob with other bytes than its name says', async () => {
    const layer = digestOf(image.blobs[1] as Uint8Array);
    const path = await packed('other-bytes', async (layout) => {
      const bytes = await readFile(join(layout, blobName(layer)));
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      await writeFile(join(layout, blobName(layer)), bytes);
    });
    expect(await refusal(path)).toMatch(/refuses the upload of blob .* what arrived is not what its digest says/);
  });

  it('a manifest with other bytes than its name says', async () => {
    const path = await packed('other-manifest', (layout) =>
      writeFile(join(layout, blobName(image.digest)), Buffer.from(image.bytes).toString().replace('{', '{ ')),
    );
    expect(await refusal(path)).toMatch(/Reading .*from archive other-manifest\.tar failed|is not what its digest says/);
  });

  it.each([
    ['a folder', () => 'good'],
    [
      'a pipe that nobody writes to',
      () => {
        execFileSync('mkfifo', [at('pipe.tar')]);
        return 'pipe.tar';
      },
    ],
  ])('%s', async (_what, name) => {
    await expect(ImageArchive.open(at(name()))).rejects.toBeInstanceOf(ContentError);
  });
});

/** A tar header, its checksum made right again after it was changed. */
function rechecked(bytes: Buffer, start = 0): Buffer {
  const header = bytes.subarray(start, start + 512);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
