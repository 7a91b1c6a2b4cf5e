import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { describeError } from '../../src/cli/errors.ts';
import { copy, CopyError, type CopyOptions, type CopyResult } from '../../src/oci/index.ts';
import { type BuiltContent, digestOf, writeOciLayout } from '../../src/testing/index.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { type CopyWorld, type CopyWorldOptions, copyWorld, hasty, imageOf, isWhole } from './copy-world.ts';
import { expectAllOf } from './independent.ts';
import { archiveEnd, type End, layoutEnd } from './matrix-ends.ts';

/** The new image: two layers, the larger of which is what most faults are about. */
export const image = imageOf([300_000, 50_000]);
/** What the tag pointed to before. */
export const before = imageOf([1000]);
export const layer = image.blobs[1] as Uint8Array;
export const layerDigest = digestOf(layer);
/** Requests for the layer, and for no other blob. */
export const layerPath = `/blobs/${layerDigest}`;
export const uploadPath = /\/blobs\/uploads\/[^/?]+/;
export const always = { times: Number.POSITIVE_INFINITY };

/** Kinds of places that are written. */
export const destinations = ['registry', 'layout', 'archive'] as const;
export type Destination = (typeof destinations)[number];

export interface Expected {
  side: 'source' | 'destination';
  code: string;
  /** Words of the message beyond side, place and piece. */
  says?: RegExp;
  /** What was on its way: a digest, or `:1` for the tag. Default: the digest of the layer. */
  piece?: string;
  /** Words of the next step. */
  next: RegExp;
}

/** `shop/api:1` is the new image, and `1` at each kind of destination the old one; an archive is not there yet. */
export interface FaultWorld extends CopyWorld {
  copyTo(destination: Destination, options?: CopyOptions): Promise<CopyResult>;
  /** Each of these throws what is wrong when it is otherwise. */
  holdsOld(destination: Destination): Promise<true>;
  holdsNew(destination: Destination, content?: BuiltContent): Promise<true>;
  /** The copy fails as it should, in words that a person can use, and the old image is there, whole. */
  failsAs(destination: Destination, expected: Expected, options?: CopyOptions): Promise<true>;
}

export async function faultWorld(options: CopyWorldOptions = {}, content: BuiltContent = image): Promise<FaultWorld> {
  const plain = await copyWorld(options);
  const directory = await temporaryDirectory('tagboat-faults');
  const layouts = layoutEnd(directory.path);
  const archives = archiveEnd(directory.path);
  const kinds: Record<Destination, End> = {
    registry: { ...layouts, to: (place, _tag, work) => work(plain.destination(place)) },
    layout: layouts,
    archive: archives,
  };
  plain.from.put('shop/api', content, '1');
  plain.to.put('prod/api', before, '1');
  await writeOciLayout(join(directory.path, 'prod_api'), [{ content: before, tag: '1' }]);
  const untouched = await readFile(join(directory.path, 'prod_api', 'index.json'));
  const world: FaultWorld = {
    ...plain,
    copyTo: (destination, more = {}) =>
      kinds[destination].to('prod/api', '1', (writing) =>
        copy(plain.source(), '1', writing, ['1'], { clock: options.clock ?? hasty, ...more }),
      ),
    holdsOld: async (destination) => {
      if (destination === 'registry') {
        expect(plain.to.content.resolve('prod/api', '1')).toBe(before.digest);
        expect(isWhole(plain.to, 'prod/api', before)).toBe(true);
        return true;
      }
      const names = await readdir(directory.path, { recursive: true });
      expect(names.filter((name) => name.includes('.part') || /(^|\/)\.prod/.test(name))).toEqual([]);
      if (destination === 'archive') expect(names).not.toContain('prod_api.tar');
      else {
        expect(await readFile(join(directory.path, 'prod_api', 'index.json'))).toEqual(untouched);
        await expectAllOf(await layouts.reader('prod/api', '1'), '1', before);
      }
      return true;
    },
    holdsNew: async (destination, expected = content) => {
      if (destination === 'registry') {
        expect(plain.to.content.resolve('prod/api', '1')).toBe(expected.digest);
        expect(isWhole(plain.to, 'prod/api', expected)).toBe(true);
      } else await expectAllOf(await kinds[destination].reader('prod/api', '1'), '1', expected);
      return true;
    },
    failsAs: async (destination, expected, more) => {
      const error: unknown = await world.copyTo(destination, more).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CopyError);
      const { side, code, message } = error as CopyError;
      expect({ side, code, message }).toMatchObject({ side: expected.side, code: expected.code });
      const place =
        side === 'source' ? `${plain.from.host}/shop/api` : destination === 'registry' ? `${plain.to.host}/prod/api` : 'prod_api';
      expect(message).toMatch(side === 'source' ? /^Reading (\S+ \S+ )?from / : /^Writing (\S+ \S+ )?to /);
      expect(message).toContain(place);
      expect(message).toContain(expected.piece ?? layerDigest);
      expect(message).not.toContain('secret');
      if (expected.says) expect(message).toMatch(expected.says);
      expect((await describeError(error)).next).toMatch(expected.next);
      return world.holdsOld(destination);
    },
    [Symbol.asyncDispose]: async () => {
      await plain[Symbol.asyncDispose]();
      await directory.remove();
    },
  };
  return world;
}
