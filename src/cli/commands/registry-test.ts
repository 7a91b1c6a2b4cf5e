import type { Command } from 'commander';
import { ApiError } from '../../sdk/api-error.ts';
import type { Registry } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import { ask, isInteractive } from '../output/prompt.ts';
import { testDefinition } from './registry.ts';
import { collectUnnamed } from './registry-add.ts';
import { complain, examine, type Examination } from './registry-doctor.ts';
import { collectPatch } from './registry-edit.ts';
import { parseRegistryCommand, type RegistryCommandLine } from './registry-parse.ts';
import { doctorOptions } from './registry-settings.ts';

export async function registryTest(cli: Cli, lenient: Command): Promise<void> {
  const line = await parseRegistryCommand(cli, lenient, testDefinition);
  if (!line) return;
  const { options } = line;
  const output = cli.output(options);
  const subject =
    line.args[0] ??
    (isInteractive(cli.io) ? await ask(cli.io, 'Name, or URL of a registry that is not saved', { signal: cli.signal }) : undefined);
  if (subject === undefined)
    throw new UsageError('The registry to test is missing.', 'Write `tagboat registry test <registry>` or `tagboat registry test <url>`.');
  const saved = await findSaved(line, subject);
  const { report } = saved ? await testSaved(cli, line, saved) : await testUnsaved(cli, line, subject);
  output.result({ json: () => report, quiet: () => [report.state], human: () => [] });
  if (report.state === 'failing') {
    complain(cli, report);
    throw new Failed();
  }
}

async function testSaved(cli: Cli, line: RegistryCommandLine, registry: Registry): Promise<Examination> {
  const { patch } = await collectPatch(cli, line, registry);
  const output = cli.output(line.options);
  const examination = await examine(cli, output, line.options, patch, (changes) =>
    line.hub.testRegistry(registry.id, {
      changes: Object.keys(changes).length > 0 ? changes : undefined,
      options: doctorOptions(line.options),
    }),
  );
  if (Object.keys(examination.settings).length > 0)
    output.note(output.notePalette.dim('Tested with changes; they are not saved. `tagboat registry edit` saves them.'));
  return examination;
}

async function testUnsaved(cli: Cli, line: RegistryCommandLine, url: string): Promise<Examination> {
  const { input } = await collectUnnamed(cli, line, url);
  return examine(cli, cli.output(line.options), line.options, input, (current) =>
    line.hub.testNewRegistry({ registry: { ...input, ...current }, options: doctorOptions(line.options) }),
  );
}

/** The saved registry of that name; `undefined` when the text is an address instead. */
async function findSaved({ hub }: RegistryCommandLine, text: string): Promise<Registry | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return undefined;
  try {
    return await hub.getRegistry(text);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404 && (text.includes('.') || text === 'localhost')) return undefined;
    throw error;
  }
}
