import { systemClock } from '../../src/core/clock.ts';
import { planSync, runSync } from '../../src/distribution/sync/run.ts';
import type { SyncReport, SyncSpec } from '../../src/distribution/sync/types.ts';
import type { SyncDestination, SyncOptions, SyncRunOptions, SyncSource, SyncWorld } from '../../src/distribution/sync/world.ts';
import { BlobKnowledge, deleteTag, RegistryClient, RepositoryTarget } from '../../src/oci/index.ts';
import { type RegistryOptions, startRegistry, type TestRegistry } from '../../src/testing/index.ts';

/** Two registries in this process and rules between them. */
export interface SyncBench extends AsyncDisposable {
  from: TestRegistry;
  to: TestRegistry;
  world: SyncWorld;
  run(spec: Sides, options?: SyncRunOptions): Promise<SyncReport>;
  plan(spec: Sides, options?: SyncOptions): Promise<SyncReport>;
  /** `HEAD manifests 200`, … of what a registry was asked since the last time, each with how often. */
  asked(side: 'from' | 'to'): Record<string, number>;
}

export type Sides = Omit<SyncSpec, 'source' | 'destination'> & {
  source: Omit<SyncSpec['source'], 'registry'>;
  destination?: Omit<SyncSpec['destination'], 'registry'>;
};

export interface SyncBenchOptions {
  from?: RegistryOptions;
  to?: RegistryOptions;
  world?: Partial<SyncWorld>;
  source?: (repository: string) => Partial<SyncSource>;
  destination?: (repository: string) => Partial<SyncDestination>;
}

export async function syncBench(options: SyncBenchOptions = {}): Promise<SyncBench> {
  const [from, to] = [await startRegistry(options.from), await startRegistry(options.to)];
  const anonymous = { kind: 'anonymous' } as const;
  const reader = new RegistryClient({ url: from.url, credential: anonymous });
  const writer = new RegistryClient({ url: to.url, credential: anonymous });
  const world: SyncWorld = {
    sourceRegistry: from.host,
    listRepositories: (call) => reader.listRepositories(call),
    openSource: async (repository) => ({ target: new RepositoryTarget(reader.repository(repository)), ...options.source?.(repository) }),
    openDestination: async (name) => {
      const repository = writer.repository(name);
      return {
        target: new RepositoryTarget(repository),
        listTags: (call) => repository.listTags(call),
        deleteTag: async (tag, digest, call) => void (await deleteTag(repository, tag, { digest, ...call })),
        ...options.destination?.(name),
      };
    },
    knowledge: new BlobKnowledge(),
    clock: systemClock,
    ...options.world,
  };
  const specOf = ({ source, destination, ...rest }: Sides): SyncSpec => ({
    ...rest,
    source: { registry: 'from', ...source },
    destination: { registry: 'to', ...destination },
  });
  const seen = { from: 0, to: 0 };
  return {
    from,
    to,
    world,
    run: (spec, more) => runSync(specOf(spec), world, more),
    plan: (spec, more) => planSync(specOf(spec), world, more),
    asked(side) {
      const { requests } = side === 'from' ? from : to;
      const counts: Record<string, number> = {};
      for (const { method, path, status } of requests.slice(seen[side])) {
        const kind = /\/(manifests|blobs|tags)\//.exec(path)?.[1] ?? path.split('?')[0];
        const key = `${method} ${kind} ${status}`;
        counts[key] = (counts[key] ?? 0) + 1;
      }
      seen[side] = requests.length;
      return counts;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([reader.close(), writer.close()]);
      await Promise.all([from.close(), to.close()]);
    },
  };
}
