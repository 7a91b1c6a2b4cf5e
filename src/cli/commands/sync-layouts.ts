import type { KeyObject } from 'node:crypto';
import { systemClock } from '../../core/clock.ts';
import {
  type BundleImage,
  isEncrypted,
  isSigned,
  pruneLayout,
  readSigningKey,
  readVerifyingKey,
  verifyBundle,
  writeContents,
} from '../../distribution/bundle/index.ts';
import type { DocumentRule } from '../../distribution/sync/documents/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { askSecret, isInteractive } from '../output/prompt.ts';
import { formatCount, formatSize } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { readTextFile } from '../standalone/client.ts';
import { type DirectWorlds, isLayout } from '../standalone/sync-worlds.ts';
import type { SyncRunOptions } from './sync-run.ts';

/** Keys that layouts are signed with, and checked by. */
export interface LayoutKeys {
  sign?: KeyObject;
  verify?: KeyObject;
}

export async function readKeys(cli: Cli, { signKey, verifyKey }: SyncRunOptions): Promise<LayoutKeys> {
  const keys: LayoutKeys = {};
  if (verifyKey !== undefined) keys.verify = readVerifyingKey(await readTextFile(verifyKey, '--verify-key'));
  if (signKey === undefined) return keys;
  const pem = await readTextFile(signKey, '--sign-key');
  if (isEncrypted(pem) && !isInteractive(cli.io))
    throw new UsageError(
      'The key for signing has a passphrase, and there is no terminal to ask for it.',
      'Run it on a terminal, or give a key without a passphrase.',
    );
  const passphrase = isEncrypted(pem) ? await askSecret(cli.io, `Passphrase of ${signKey}`, { signal: cli.signal }) : undefined;
  keys.sign = readSigningKey(pem, passphrase);
  return keys;
}

/** What is done with layouts around rules: they are checked before, and their contents are listed afterwards. */
export class SyncLayouts {
  readonly #cli: Cli;
  readonly #output: Output;
  readonly #worlds: DirectWorlds;
  readonly #keys: LayoutKeys;
  /** Of each layout: where its images came from. */
  readonly #sources = new Map<string, Map<string, NonNullable<BundleImage['source']>>>();

  constructor(cli: Cli, output: Output, worlds: DirectWorlds, keys: LayoutKeys) {
    this.#cli = cli;
    this.#output = output;
    this.#worlds = worlds;
    this.#keys = keys;
  }

  /** Layouts that rules read: signed by the key that was given, or told to be anything at all. */
  async check(rules: readonly DocumentRule[]): Promise<void> {
    for (const registry of new Set(rules.map(({ spec }) => spec.source.registry).filter(isLayout))) {
      const { directory, layout } = this.#worlds.layout(registry);
      if (!this.#keys.verify) {
        const signed = await isSigned(directory);
        this.#output.note(
          `${printable(registry)} ${signed ? 'is signed, and the signature is not checked: give --verify-key' : 'is not signed'}. Each file is held against its digest; which images there should be is not known.`,
        );
        continue;
      }
      this.#output.note(`Checking ${printable(registry)} …`);
      const { images, blobs } = await verifyBundle(directory, layout, { key: this.#keys.verify, signal: this.#cli.signal });
      const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
      this.#output.note(`${printable(registry)} is what its signed list says: ${formatCount(images.length)} tags, ${formatSize(bytes)}.`);
    }
  }

  /** Writes what the layouts that were filled hold. */
  async listContents(rules: readonly DocumentRule[]): Promise<void> {
    const written = new Set(rules.map(({ spec }) => spec.destination.registry).filter(isLayout));
    const mirrored = new Set(rules.filter(({ spec }) => spec.mode === 'mirror').map(({ spec }) => spec.destination.registry));
    for (const registry of written) {
      const { directory, layout } = this.#worlds.layout(registry);
      if (mirrored.has(registry)) {
        const { files, bytes } = await pruneLayout(directory, layout, systemClock);
        if (files > 0)
          this.#output.note(`Removed ${formatCount(files)} files (${formatSize(bytes)}) that no image of ${printable(registry)} needs.`);
      }
      const { images, blobs } = await writeContents(directory, layout, {
        clock: systemClock,
        sources: this.#sources.get(registry) ?? new Map(),
        ...(this.#keys.sign && { key: this.#keys.sign }),
      });
      const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
      if (this.#output.json)
        this.#output.line(
          JSON.stringify({ event: 'contents', layout: directory, images: images.length, bytes, signed: this.#keys.sign !== undefined }),
        );
      else
        this.#output.note(
          `${printable(registry)} holds ${formatCount(images.length)} tags, ${formatSize(bytes)}; its list of contents is ${this.#keys.sign ? 'signed' : 'not signed: --sign-key does that'}.`,
        );
    }
  }

  /** Where images of a layout come from, to be filled; undefined for registries. */
  sourcesOf(registry: string): Map<string, NonNullable<BundleImage['source']>> | undefined {
    if (!isLayout(registry)) return undefined;
    const sources = this.#sources.get(registry) ?? new Map<string, NonNullable<BundleImage['source']>>();
    this.#sources.set(registry, sources);
    return sources;
  }
}
