import { stat } from 'node:fs/promises';
import { isDigest, isTag } from '../../oci/index.ts';
import type { Cli } from '../cli.ts';
import { MachineError, UsageError } from '../errors.ts';
import { printable } from '../output/text.ts';
import type { DirectOptions } from '../standalone/client.ts';
import { type CopyCommandOptions, runCopy } from './copy-run.ts';

/** Of push and pull: one end is a registry, reached with the options of commands that ask one. */
export type OneSidedOptions = DirectOptions & Omit<CopyCommandOptions, `src${string}` | `dest${string}`>;

const onDisk = /^(?:oci|oci-archive|docker-archive|archive):/;

/** Brings what is on disk to registries. */
export async function runPush(cli: Cli, place: string, references: readonly string[], options: OneSidedOptions): Promise<void> {
  const misplaced = references.find((reference) => onDisk.test(reference));
  if (misplaced !== undefined)
    throw new UsageError(
      `${printable(misplaced)} is a place on disk, and a push goes to registries.`,
      'Use `tagboat copy`, or `tagboat pull`.',
    );
  const { username, passwordStdin, plainHttp, insecure, caFile, ...common } = options;
  const connection = {
    destUsername: username,
    destPasswordStdin: passwordStdin,
    destPlainHttp: plainHttp,
    destInsecure: insecure,
    destCaFile: caFile,
  };
  await runCopy(cli, await sourceOnDisk(place), references, { ...common, ...given(connection) });
}

/** Brings what a registry has to disk. */
export async function runPull(cli: Cli, reference: string, place: string | undefined, options: OneSidedOptions): Promise<void> {
  if (onDisk.test(reference))
    throw new UsageError(
      `${printable(reference)} is a place on disk, and a pull comes from a registry.`,
      'Use `tagboat copy`, or `tagboat push`.',
    );
  const { username, passwordStdin, plainHttp, insecure, caFile, ...common } = options;
  const connection = {
    srcUsername: username,
    srcPasswordStdin: passwordStdin,
    srcPlainHttp: plainHttp,
    srcInsecure: insecure,
    srcCaFile: caFile,
  };
  const destination = place === undefined ? `oci:./${nameOf(reference)}` : destinationOnDisk(place);
  await runCopy(cli, reference, [destination], { ...common, ...given(connection) });
}

/** A directory is a layout, a file an archive. */
async function sourceOnDisk(place: string): Promise<string> {
  if (onDisk.test(place)) return place;
  const kinds = await Promise.all([place, withoutReference(place)].map(kindOf));
  const kind = kinds.find((each) => each !== undefined);
  if (kind === undefined)
    throw new MachineError(
      `There is nothing at ${printable(place)}.`,
      'Name the directory of an OCI layout, or an archive: oci:<directory>:<tag>, docker-archive:<file>.',
    );
  return `${kind === 'directory' ? 'oci' : 'archive'}:${place}`;
}

async function kindOf(path: string): Promise<'directory' | 'file' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `./api:1.4` without its tag, `./api@sha256:…` without its digest. */
function withoutReference(place: string): string {
  const at = place.indexOf('@sha');
  if (at > 0 && isDigest(place.slice(at + 1))) return place.slice(0, at);
  const colon = place.lastIndexOf(':');
  return colon > 0 && isTag(place.slice(colon + 1)) ? place.slice(0, colon) : place;
}

function destinationOnDisk(place: string): string {
  if (onDisk.test(place)) return place;
  return withoutReference(place).endsWith('.tar') ? `oci-archive:${place}` : `oci:${place}`;
}

/** Last part of the repository's name. */
function nameOf(reference: string): string {
  const last = reference.split('@', 1)[0]?.split('/').at(-1)?.split(':', 1)[0] ?? '';
  if (last === '' || last === '.' || last === '..') throw new UsageError('A repository is missing.', 'Write host/repository:tag.');
  return last;
}

/** Without what was left out. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
