import { createHash, randomBytes } from 'node:crypto';
import { type Descriptor, type Digest, digestOf, mediaTypes, parseManifest, RegistryClient, type Repository } from '../../src/oci/index.ts';

const mebibyte = 1024 * 1024;

/** Puts what the benchmark copies into a registry. Layers are random, so that nothing can shrink them. */
export class BenchContent {
  readonly #client: RegistryClient;

  constructor(url: string) {
    this.#client = new RegistryClient({ url });
  }

  /** One image of `count` layers. */
  async image(repository: string, tag: string, count: number, layerBytes: number): Promise<void> {
    const place = this.#client.repository(repository);
    const layers: Descriptor[] = [];
    for (let i = 0; i < count; i++) layers.push(await putLarge(place, layerBytes, i));
    await this.#manifest(place, tag, layers, tag);
  }

  /** `count` images that share three layers and have a small one of their own. */
  async family(repository: string, count: number): Promise<void> {
    const place = this.#client.repository(repository);
    const shared: Descriptor[] = [];
    for (let i = 0; i < 3; i++) shared.push(await put(place, randomBytes(mebibyte), mediaTypes.ociLayerGzip));
    for (let i = 0; i < count; i++) {
      const own = await put(place, randomBytes(20_000), mediaTypes.ociLayerGzip);
      await this.#manifest(place, `v${i}`, [...shared, own], `v${i}`);
    }
  }

  /** An index of five platforms, each with two layers. */
  async index(repository: string, tag: string): Promise<void> {
    const place = this.#client.repository(repository);
    const manifests: object[] = [];
    for (const architecture of ['amd64', 'arm64', 's390x', 'ppc64le', 'riscv64']) {
      const layers = [
        await put(place, randomBytes(4 * mebibyte), mediaTypes.ociLayerGzip),
        await put(place, randomBytes(mebibyte), mediaTypes.ociLayerGzip),
      ];
      const descriptor = await this.#manifest(place, undefined, layers, architecture);
      manifests.push({ ...descriptor, platform: { os: 'linux', architecture } });
    }
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
    await place.pushManifest(parseManifest(bytes, mediaTypes.ociIndex), tag);
  }

  /** `count` tags of one small image. */
  async tags(repository: string, count: number): Promise<void> {
    const place = this.#client.repository(repository);
    const layer = await put(place, randomBytes(20_000), mediaTypes.ociLayerGzip);
    for (let i = 0; i < count; i++) await this.#manifest(place, `v${i}`, [layer], `v${i}`);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #manifest(place: Repository, tag: string | undefined, layers: readonly Descriptor[], label: string): Promise<Descriptor> {
    const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
    const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Labels: { label } }, rootfs }));
    const described = await put(place, config, mediaTypes.ociConfig);
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: described, layers }));
    const manifest = parseManifest(bytes, mediaTypes.ociManifest);
    await place.pushManifest(manifest, tag ?? manifest.digest);
    return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
  }
}

async function put(place: Repository, bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(bytes);
  await place.pushBlob({ digest, size: bytes.length, open: async (start) => once(bytes.subarray(start)) });
  return { mediaType, digest, size: bytes.length };
}

/** Made twice, for the digest and for the upload, so that it is never in memory as a whole. */
async function putLarge(place: Repository, size: number, seed: number): Promise<Descriptor> {
  const piece = randomBytes(mebibyte);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let position = 0; position < size; position += mebibyte) {
      const next = Buffer.from(piece);
      next.writeBigUInt64LE(BigInt(position), 0);
      next.writeUInt32LE(seed, 8);
      yield next.subarray(0, size - position);
    }
  }
  const hash = createHash('sha256');
  for await (const next of pieces()) hash.update(next);
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  await place.pushBlob({ digest, size, open: async () => pieces() });
  return { mediaType: mediaTypes.ociLayerGzip, digest, size };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
