import { CopyError, TagboatError } from '../errors.ts';

/** Runs one side's part of a copy, so that its errors say which side it was. */
export async function onSide<T>(side: 'source' | 'destination', label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw blame(error, side, label);
  }
}

/** A cancellation is nobody's; an error that names a side already keeps it. */
export function blame(error: unknown, side: 'source' | 'destination', label: string): unknown {
  if (!(error instanceof TagboatError) || error instanceof CopyError || error.code === 'canceled') return error;
  return new CopyError(side, label, error);
}
