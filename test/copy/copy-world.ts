import { randomBytes } from 'node:crypto';
import { BlobKnowledge, copy, type CopyOptions, type CopyResult, RepositoryTarget } from '../../src/oci/copy/index.ts';
import { type ClientClock, type Credential, RegistryClient } from '../../src/oci/index.ts';
import {
  buildImage,
  type BuiltContent,
  digestOf,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
} from '../../src/testing/index.ts';

/** Two registries in this process and copies between them. */
export interface CopyWorld extends AsyncDisposable {
  from: TestRegistry;
  to: TestRegistry;
  source(repository?: string): RepositoryTarget;
  destination(repository?: string): RepositoryTarget;
  /** `shop/api:1` to `prod/api:1`, unless options of the targets say otherwise. */
  copy(options?: CopyOptions): Promise<CopyResult>;
  /** Method, path below the repository and status of what the destination was asked, in order. */
  asked(): string[];
}

export interface CopyWorldOptions {
  from?: RegistryOptions;
  to?: RegistryOptions;
  credential?: Credential;
  chunkSize?: number;
  /** Another registry to write to than the one in this process. */
  toUrl?: string;
  /** Of both clients and of the copies. Default: one that does not wait, so that pauses before another attempt cost nothing. */
  clock?: ClientClock;
}

/** The time is right, and every pause is over at once. */
export const hasty: ClientClock = { now: () => Date.now(), sleep: () => new Promise((resolve) => setImmediate(resolve)) };

export async function copyWorld(options: CopyWorldOptions = {}): Promise<CopyWorld> {
  const from = await startRegistry(options.from);
  const to = await startRegistry(options.to);
  const { credential = { kind: 'anonymous' }, clock = hasty } = options;
  const reader = new RegistryClient({ url: from.url, credential, clock });
  const traits = options.chunkSize === undefined ? {} : { uploadChunkSize: options.chunkSize };
  const writer = new RegistryClient({ url: options.toUrl ?? to.url, credential, traits, clock });
  const world: CopyWorld = {
    from,
    to,
    source: (repository = 'shop/api') => new RepositoryTarget(reader.repository(repository)),
    destination: (repository = 'prod/api') => new RepositoryTarget(writer.repository(repository)),
    copy: (more = {}) => copy(world.source(), '1', world.destination(), ['1'], { knowledge: new BlobKnowledge(), clock, ...more }),
    asked: () => to.requests.map(({ method, path, status }) => `${method} ${path.replace('/v2/prod/api/', '').split('?')[0]} ${status}`),
    async [Symbol.asyncDispose]() {
      await Promise.all([reader.close(), writer.close()]);
      await Promise.all([from.close(), to.close()]);
    },
  };
  return world;
}

/** An image whose layers do not compress: `sizes` are about their bytes. */
export function imageOf(sizes: readonly number[], platform = 'linux/amd64'): BuiltContent {
  return buildImage({ platform, layers: sizes.map((size, i) => ({ files: { [`${i}.bin`]: randomBytes(size) }, compression: 0 })) });
}

/** Every blob and manifest of `content` is at the registry, byte for byte. */
export function isWhole(registry: TestRegistry, repository: string, content: BuiltContent): boolean {
  const manifest = registry.content.manifest(repository, content.digest);
  if (!manifest || !Buffer.from(manifest.bytes).equals(content.bytes)) return false;
  const isThere = (blob: Uint8Array): boolean => {
    const stored = registry.content.blob(repository, digestOf(blob, content.algorithm));
    return stored !== undefined && Buffer.from(stored).equals(blob);
  };
  return content.blobs.every(isThere) && content.children.every((child) => isWhole(registry, repository, child));
}
