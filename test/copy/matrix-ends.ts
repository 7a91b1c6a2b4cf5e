import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ArchiveWriter,
  ImageArchive,
  OciLayout,
  type ReadTarget,
  RegistryClient,
  RepositoryTarget,
  type WriteTarget,
} from '../../src/oci/index.ts';
import { type BuiltContent, startRegistry, type TestRegistry, writeOciLayout } from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { run } from '../support/run.ts';
import { httpReader, layoutReader, putByHttp, type Reader } from './independent.ts';

/** A kind of place that content is copied from and to. */
export interface End {
  /** Puts content there without the code that is tested. */
  seed(place: string, tag: string, content: BuiltContent): Promise<void>;
  from<T>(place: string, tag: string, work: (target: ReadTarget) => Promise<T>): Promise<T>;
  to<T>(place: string, tag: string, work: (target: WriteTarget) => Promise<T>): Promise<T>;
  /** Looks at what is there without the code that is tested. */
  reader(place: string, tag: string): Promise<Reader>;
  /** As skopeo names it. */
  named(place: string, tag: string): string;
}

export const endNames = ['in-process registry', 'docker-registry', 'OCI layout', 'OCI archive'] as const;
export type EndName = (typeof endNames)[number];

export function registryEnd(registry: Pick<DockerRegistry, 'url' | 'host'>, client: RegistryClient): End {
  const target = (place: string) => new RepositoryTarget(client.repository(place));
  return {
    seed: (place, tag, content) => putByHttp(registry.url, place, content, tag),
    from: (place, _tag, work) => work(target(place)),
    to: (place, _tag, work) => work(target(place)),
    reader: async (place) => httpReader(registry.url, place),
    named: (place, tag) => `docker://${registry.host}/${place}:${tag}`,
  };
}

export function memoryEnd(registry: TestRegistry, client: RegistryClient): End {
  return { ...registryEnd(registry, client), seed: async (place, tag, content) => registry.put(place, content, tag) };
}

/** One layout a place. */
export function layoutEnd(directory: string): End {
  const at = (place: string) => join(directory, place.replaceAll('/', '_'));
  const open = async <T>(place: string, work: (layout: OciLayout) => Promise<T>): Promise<T> => {
    const layout = new OciLayout(at(place));
    try {
      return await work(layout);
    } finally {
      await layout.close();
    }
  };
  return {
    seed: (place, tag, content) => writeOciLayout(at(place), [{ content, tag }]),
    from: (place, _tag, work) => open(place, work),
    to: (place, _tag, work) => open(place, work),
    reader: (place) => layoutReader(at(place)),
    named: (place, tag) => `oci:${at(place)}:${tag}`,
  };
}

/** One archive a place; packed and unpacked by GNU tar where it is not we who do it. */
export function archiveEnd(directory: string): End {
  const at = (place: string) => join(directory, `${place.replaceAll('/', '_')}.tar`);
  return {
    seed: async (place, tag, content) => {
      const layout = `${at(place)}.layout`;
      await writeOciLayout(layout, [{ content, tag }]);
      await run('tar', ['-cf', at(place), '-C', layout, '.']);
    },
    from: async (place, _tag, work) => {
      const archive = await ImageArchive.open(at(place));
      try {
        return await work(archive);
      } finally {
        await archive.close();
      }
    },
    to: async (place, _tag, work) => {
      const writer = await ArchiveWriter.create(at(place));
      try {
        const done = await work(writer);
        await writer.finish();
        return done;
      } finally {
        await writer.close();
      }
    },
    reader: async (place) => {
      const unpacked = `${at(place)}.unpacked`;
      await mkdir(unpacked, { recursive: true });
      await run('tar', ['-xf', at(place), '-C', unpacked]);
      return layoutReader(unpacked);
    },
    named: (place, tag) => `oci-archive:${at(place)}:${tag}`,
  };
}

/** All four kinds of places. */
export async function openEnds(directory: string) {
  const [docker, memory] = await Promise.all([startDockerRegistry({ kind: 'open' }), startRegistry()]);
  const toMemory = new RegistryClient({ url: memory.url });
  const toDocker = new RegistryClient({ url: docker.url });
  const ends: Record<EndName, End> = {
    'in-process registry': memoryEnd(memory, toMemory),
    'docker-registry': registryEnd(docker, toDocker),
    'OCI layout': layoutEnd(directory),
    'OCI archive': archiveEnd(directory),
  };
  const close = async (): Promise<void> => {
    await Promise.all([toMemory.close(), toDocker.close()]);
    await Promise.all([docker.stop(), memory.close()]);
  };
  return { docker, memory, toMemory, ends, close };
}
