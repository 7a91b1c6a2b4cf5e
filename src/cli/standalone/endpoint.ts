import {
  ArchiveWriter,
  ContentError,
  ImageArchive,
  isDigest,
  isTag,
  OciLayout,
  type ReadTarget,
  RepositoryTarget,
  type WriteTarget,
} from '../../oci/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { MachineError, UsageError } from '../errors.ts';
import { resolveTarget } from '../targets.ts';
import { type DirectOptions, reason } from './client.ts';
import { openThroughHub } from './through-hub.ts';

/** Flags of commands with two ends, each of which has a connection of its own. */
export interface EndpointOptions extends CommonOptions {
  srcUsername?: string;
  srcPasswordStdin?: boolean;
  srcPlainHttp?: boolean;
  srcInsecure?: boolean;
  srcCaFile?: string;
  destUsername?: string;
  destPasswordStdin?: boolean;
  destPlainHttp?: boolean;
  destInsecure?: boolean;
  destCaFile?: string;
  /** All of what is there is meant: no tag is taken for the one that was left out. */
  allTags?: boolean;
}

/** One end of a copy, open. */
export interface Endpoint<T = ReadTarget | WriteTarget> {
  target: T;
  /** Tag or digest that the text named. */
  reference: string | undefined;
  /** To be called when everything was brought. */
  finish?(): Promise<void>;
  close(): Promise<void>;
}

const archive = /^(?:oci-archive|docker-archive|archive):(.*)$/s;

/** What is copied: at a registry, in an OCI layout (`oci:<directory>:<tag>`) or in an archive (`oci-archive:`, `docker-archive:`). */
export async function openSource(cli: Cli, text: string, options: EndpointOptions): Promise<Endpoint<ReadTarget>> {
  const path = archive.exec(text)?.[1];
  if (path === undefined) {
    const end = await openEndpoint(cli, text, 'src', options);
    return text.startsWith('oci:') ? { ...end, reference: end.reference ?? (await meantTag(end.target, options)) } : end;
  }
  const place = splitPlace(path, 'an archive’s path');
  const target = await ImageArchive.open(place.path, { signal: cli.signal }).catch((error: unknown) => {
    if (error instanceof ContentError)
      throw new MachineError(
        `${place.path} cannot be copied. ${error.message}`,
        'Check that the file is whole, and an archive of images.',
        error,
      );
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new MachineError(`${place.path} cannot be read: ${reason(error)}.`, 'Check the path and its permissions.', error);
  });
  const reference = place.reference ?? (await meantTag(target, options));
  return { target, reference, close: () => target.close() };
}

/** Where it goes: to a registry, into an OCI layout, or into an OCI archive that does not exist yet. */
export async function openDestination(cli: Cli, text: string, options: EndpointOptions): Promise<Endpoint<WriteTarget>> {
  const path = archive.exec(text)?.[1];
  if (path === undefined) return openEndpoint(cli, text, 'dest', options);
  if (text.startsWith('docker-archive:')) {
    throw new UsageError('Archives are written as OCI archives, which docker load reads too.', 'Write oci-archive:<file>:<tag>.');
  }
  const place = splitPlace(path, 'an archive’s path');
  const target = await ArchiveWriter.create(place.path).catch((error: unknown) => {
    throw new MachineError(
      `${place.path} cannot be written: ${reason(error)}.`,
      'Name a file that does not exist yet, in a folder that does.',
      error,
    );
  });
  return { target, reference: place.reference, finish: () => target.finish(), close: () => target.close() };
}

/** What stands alone on disk is meant, whatever it is called. */
async function meantTag(target: ReadTarget, { allTags }: EndpointOptions): Promise<string | undefined> {
  if (allTags) return undefined;
  for await (const tags of target.listTags()) return tags.length === 1 ? tags[0] : undefined;
  return undefined;
}

async function openEndpoint(
  cli: Cli,
  text: string,
  side: 'src' | 'dest',
  options: EndpointOptions,
): Promise<Endpoint<ReadTarget & WriteTarget>> {
  if (text.startsWith('oci:')) return openLayout(text.slice('oci:'.length));
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== undefined && scheme !== 'docker') {
    throw new UsageError(`“${scheme}://” is no place to copy from or to.`, 'Write host/repository:tag, or oci:<directory>:<tag>.');
  }
  const found = await resolveTarget(cli, scheme ? text.slice('docker://'.length) : text, directOptions(side, options), {
    needs: 'content',
  });
  if (found.via === 'hub' && found.repository === '')
    throw new UsageError('A repository is missing.', `Write ${found.registry.name}/<repository>:<tag>.`);
  const client = found.via === 'hub' ? openThroughHub(cli, found, side === 'dest', options) : found.client;
  const { repository, tag, digest } = found.via === 'hub' ? found : found.reference;
  return { target: new RepositoryTarget(client.repository(repository)), reference: digest ?? tag, close: () => client.close() };
}

function openLayout(text: string): Endpoint<OciLayout> {
  const { path, reference } = splitPlace(text, 'a directory');
  const layout = new OciLayout(path);
  return { target: layout, reference, close: () => layout.close() };
}

/** A colon may stand in a path, too: what follows the last one is a tag if it can be one. */
function splitPlace(text: string, what: string): { path: string; reference: string | undefined } {
  const colon = text.lastIndexOf(':');
  const after = colon < 0 ? '' : text.slice(colon + 1);
  const at = text.indexOf('@sha');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    throw new UsageError(`“${digest.slice(0, 80)}” is not a digest.`, 'Write oci:<directory>@sha256:…');
  const hasTag = digest === undefined && colon > 0 && isTag(after);
  const path = digest !== undefined ? text.slice(0, at) : hasTag ? text.slice(0, colon) : text;
  if (path === '') throw new UsageError(`Behind the colon, ${what} is missing.`, 'Write oci:<directory>:<tag>.');
  return { path, reference: digest ?? (hasTag ? after : undefined) };
}

/** The flags of one side, as a command with one connection has them. */
export function directOptions(side: 'src' | 'dest', options: EndpointOptions): DirectOptions {
  const source = side === 'src';
  return {
    ...(options.hub !== undefined && { hub: options.hub }),
    ...(options.debug && { debug: true }),
    ...(options.quiet && { quiet: true }),
    username: source ? options.srcUsername : options.destUsername,
    passwordStdin: source ? options.srcPasswordStdin : options.destPasswordStdin,
    plainHttp: source ? options.srcPlainHttp : options.destPlainHttp,
    insecure: source ? options.srcInsecure : options.destInsecure,
    caFile: source ? options.srcCaFile : options.destCaFile,
  };
}
