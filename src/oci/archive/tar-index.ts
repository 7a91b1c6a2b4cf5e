import type { FileHandle } from 'node:fs/promises';
import { FileContentError } from '../content-error.ts';
import { quote } from '../text.ts';

/** Where a file's bytes lie in an archive. */
export interface TarEntry {
  /** Byte of the archive. */
  offset: number;
  size: number;
}

const block = 512;
const windowBytes = 64 * 1024;
/** An image of a hundred layers has some 500 entries; more than these is no image. */
const mostEntries = 100_000;
const longestName = 4096;
const longestHeader = 1024 * 1024;
/** Links that lead to links. */
const mostLinks = 8;

/**
 * Reads the table of a tar archive (POSIX ustar and pax, GNU long names) and where its files lie. Nothing is unpacked, so no name can lead
 * anywhere; links are followed inside the archive only.
 *
 * @throws FileContentError for what is no tar archive, is cut short, or has too much in it.
 */
export async function indexTar(file: FileHandle, archiveSize: number): Promise<Map<string, TarEntry>> {
  const files = new Map<string, TarEntry>();
  const links = new Map<string, string>();
  const window = new Window(file);
  let offset = 0;
  let ended = false;
  let next: { name?: string; link?: string; size?: number } = {};
  for (let count = 0; offset + block <= archiveSize; count++) {
    if (count > mostEntries) throw new FileContentError(`The archive has more than ${mostEntries} entries.`);
    const header = await window.read(offset, block);
    offset += block;
    if (header.every((byte) => byte === 0)) {
      ended = true;
      break;
    }
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = next.size ?? octal(header, 124, 12);
    const end = offset + size;
    if (!Number.isSafeInteger(size) || end > archiveSize) throw new FileContentError('The archive is cut short, or a size in it is wrong.');
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > longestHeader) throw new FileContentError('The archive has a header that is longer than any real one.');
      const bytes = await window.read(offset, size);
      if (type === 'x') next = { ...next, ...readPax(bytes) };
      else if (type === 'L') next.name = text(bytes);
      else if (type === 'K') next.link = text(bytes);
    } else {
      const name = normalise(next.name ?? ustarName(header));
      if (name === undefined || name.length > longestName)
        throw new FileContentError(`The archive has an entry with a name that cannot be: ${quote(next.name ?? ustarName(header), 80)}.`);
      if (type === '0' || type === '\0' || type === '7') files.set(name, { offset, size });
      else if (type === '1') links.set(name, normalise(next.link ?? text(header.subarray(157, 257))) ?? '');
      else if (type === '2') links.set(name, resolveLink(name, next.link ?? text(header.subarray(157, 257))) ?? '');
      next = {};
    }
    offset += Math.ceil(size / block) * block;
  }
  if (!ended && offset !== archiveSize && files.size > 0) throw new FileContentError('The archive is cut short.');
  if (files.size === 0) throw new FileContentError('This is not a tar archive, or an empty one.');
  for (const [name] of links) {
    const target = follow(links, name);
    const found = target === undefined ? undefined : files.get(target);
    if (found && !files.has(name)) files.set(name, found);
  }
  return files;
}

function follow(links: ReadonlyMap<string, string>, from: string): string | undefined {
  let name = from;
  for (let hops = 0; hops < mostLinks; hops++) {
    const target = links.get(name);
    if (target === undefined) return name;
    name = target;
  }
  return undefined;
}

/** Relative to the link, and never out of the archive. */
function resolveLink(name: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  const slash = name.lastIndexOf('/');
  return normalise(slash < 0 ? target : `${name.slice(0, slash)}/${target}`);
}

/** `./a//b/` → `a/b`; undefined for what leaves the archive. */
function normalise(name: string): string | undefined {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function ustarName(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  // GNU's magic is followed by a blank, and what stands in the place of the prefix means something else.
  const prefix = isUstar && header[262] === 0 ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** `<length> <key>=<value>\n`, repeated. */
function readPax(bytes: Buffer): { name?: string; link?: string; size?: number } {
  const found: { name?: string; link?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? Number.NaN : Number(bytes.toString('latin1', at, blank));
    if (!Number.isSafeInteger(length) || length <= blank - at + 1 || at + length > bytes.length)
      throw new FileContentError('The archive has a broken pax header.');
    const record = bytes.toString('utf8', blank + 1, at + length - 1);
    const equals = record.indexOf('=');
    const value = record.slice(equals + 1);
    if (record.startsWith('path=')) found.name = value;
    if (record.startsWith('linkpath=')) found.link = value;
    if (record.startsWith('size=') && /^[0-9]{1,15}$/.test(value)) found.size = Number(value);
    at += length;
  }
  return found;
}

function checkSum(header: Buffer): void {
  const stated = octal(header, 148, 8);
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte;
  if (sum !== stated) throw new FileContentError('This is not a tar archive, or it is broken: a header’s checksum is wrong.');
}

/** Octal text, or GNU's base-256 for what does not fit. */
function octal(header: Buffer, start: number, length: number): number {
  const first = header[start] ?? 0;
  if (first & 0x80) {
    let value = first & 0x7f;
    for (let i = start + 1; i < start + length; i++) value = value * 256 + (header[i] ?? 0);
    return value;
  }
  const digits = text(header.subarray(start, start + length)).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** Reads a piece of the file at a time: many small entries lie close together. What it gives holds until the next call. */
class Window {
  readonly #file: FileHandle;
  #bytes = Buffer.alloc(windowBytes);
  #start = 0;
  #end = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(position: number, length: number): Promise<Buffer> {
    if (position < this.#start || position + length > this.#end) await this.#move(position, length);
    return this.#bytes.subarray(position - this.#start, position - this.#start + length);
  }

  async #move(position: number, length: number): Promise<void> {
    if (length > this.#bytes.length) this.#bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(this.#bytes, filled, this.#bytes.length - filled, position + filled);
      if (bytesRead === 0) throw new FileContentError('The archive is cut short.');
      filled += bytesRead;
    }
    this.#start = position;
    this.#end = position + filled;
  }
}
