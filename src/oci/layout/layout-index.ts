import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileContentError } from '../content-error.ts';
import { type Descriptor, readDescriptor } from '../descriptor.ts';
import { field, isObject, parseJson } from '../json.ts';
import { mediaTypes } from '../media-types.ts';
import { fileSize } from './blob-file.ts';

/** Name of an entry of `index.json` (image specification, "Annotations"). */
export const refName = 'org.opencontainers.image.ref.name';
/** Full name that containerd and BuildKit write beside a short `ref.name`. */
const imageName = 'io.containerd.image.name';
const largest = 32 * 1024 * 1024;

/** The entries of a layout's `index.json`. */
export class LayoutIndex {
  readonly #directory: string;
  #turn: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Empty for a directory that is none yet.
   *
   * @throws FileContentError when `oci-layout` or `index.json` are not what they should be.
   */
  async read(): Promise<Descriptor[]> {
    const [marker, index] = await Promise.all([this.#file('oci-layout'), this.#file('index.json')]);
    if (marker === undefined && index === undefined) return [];
    return parseLayoutIndex(marker, index);
  }

  /** Changes the entries; one change after the other, and each whole or not at all. */
  change(edit: (entries: Descriptor[]) => Descriptor[]): Promise<void> {
    const turn = this.#turn.then(async () => {
      const entries = edit(await this.read());
      await mkdir(this.#directory, { recursive: true });
      await this.#write('oci-layout', { imageLayoutVersion: '1.0.0' });
      await this.#write('index.json', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries });
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #file(name: string): Promise<Uint8Array | undefined> {
    const path = join(this.#directory, name);
    const size = await fileSize(path);
    if (size === undefined) return undefined;
    if (size > largest) throw new FileContentError(`The layout’s ${name} has ${size} bytes; at most ${largest} are read.`);
    return readFile(path);
  }

  async #write(name: string, content: object): Promise<void> {
    const path = join(this.#directory, name);
    const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      await writeFile(draft, JSON.stringify(content), { flush: true });
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}

/**
 * The entries of an `index.json`.
 *
 * @throws FileContentError when either file is missing or not what it should be.
 */
export function parseLayoutIndex(marker: Uint8Array | undefined, index: Uint8Array | undefined): Descriptor[] {
  const layout = marker && parseJson(marker, 'oci-layout');
  const version = isObject(layout) ? field(layout, 'imageLayoutVersion') : undefined;
  if (typeof version !== 'string' || !version.startsWith('1.')) {
    throw new FileContentError('This is not an OCI image layout of version 1: its file "oci-layout" is missing or says something else.');
  }
  const json = index && parseJson(index, 'index.json');
  const manifests = isObject(json) ? field(json, 'manifests') : undefined;
  if (!Array.isArray(manifests)) throw new FileContentError('The layout’s index.json has no "manifests".');
  return manifests.map((entry, i) => readDescriptor(entry, `manifests[${i}]`));
}

/** The entry that a tag names: by `ref.name`, also where that is a full reference (`host/name:tag`), else by containerd's name. */
export function findTagged(entries: readonly Descriptor[], tag: string): Descriptor | undefined {
  const named = (name: string | undefined): boolean => name !== undefined && (name === tag || name.endsWith(`:${tag}`));
  return (
    entries.find(({ annotations }) => annotations?.[refName] === tag) ??
    entries.find(({ annotations }) => named(annotations?.[refName]) || named(annotations?.[imageName]))
  );
}
