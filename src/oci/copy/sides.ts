import type { CallOptions } from '../call-options.ts';
import type { Descriptor } from '../descriptor.ts';
import { CopyError, FileError, RegistryError, TagboatError } from '../errors.ts';
import type { ReadTarget } from './target.ts';

type Side = 'source' | 'destination';

/** What is on its way. */
export interface Piece {
  /** As it stands in a sentence: `blob sha256:…`. */
  piece?: string;
  /** A manifest of the source names it: when it is not there, the image is not whole. */
  isPart?: boolean;
}

/** Runs one side's part of a copy, so that its errors say which side it was. */
export async function onSide<T>(side: Side, label: string, work: () => Promise<T>, piece: Piece = {}): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw blame(error, side, label, piece);
  }
}

/** A cancellation is nobody's; an error that names a side already keeps it. */
export function blame(error: unknown, side: Side, label: string, { piece, isPart }: Piece = {}): unknown {
  const named = piece === undefined ? {} : { piece };
  if (isOfFiles(error)) return new CopyError(side, label, new FileError(error), named);
  if (!(error instanceof TagboatError) || error instanceof CopyError || error.code === 'canceled') return error;
  const isMissing = isPart === true && error.code === 'registry_not_found';
  return new CopyError(side, label, error, { ...named, ...(isMissing && { code: 'source_incomplete' }) });
}

function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !(error instanceof TagboatError) && 'syscall' in error && 'errno' in error;
}

/** What `work` gives, or undefined when the registry does not have it. */
export async function optional<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_not_found') return undefined;
    throw error;
  }
}

/** What a tag or digest points to on one side, if it is there. */
export function resolveOptional(
  side: Side,
  target: Pick<ReadTarget, 'label' | 'resolve'>,
  reference: string,
  call: CallOptions,
): Promise<Descriptor | undefined> {
  return onSide(side, target.label, () => optional(() => target.resolve(reference, call)));
}
