import type { Cli } from '../cli.ts';
import { carryOut, type ImportRunOptions } from './import-run.ts';
import { readSources } from './import-sources.ts';

/** Declares registries: an import of our own export that also changes what is there. */
export async function applyRun(cli: Cli, options: ImportRunOptions & { file: readonly string[] }): Promise<void> {
  const documents = await readSources(cli, options.file);
  await carryOut(cli, { kind: 'tagboat', documents, options: { existing: 'update' } }, options, { changesOnly: true });
}
