import type { Command } from 'commander';
import type { Registry, RegistryPatch } from '../../sdk/index.ts';
import { showDryRun } from '../change.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import { confirm, isInteractive } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { editDefinition } from './registry.ts';
import { collectConnection } from './registry-connection.ts';
import { complain, examine } from './registry-doctor.ts';
import { collectFields } from './registry-fields.ts';
import { parseRegistryCommand, type RegistryCommandLine } from './registry-parse.ts';
import { commonSettings, defined, doctorOptions, withoutSecrets } from './registry-settings.ts';

export async function registryEdit(cli: Cli, lenient: Command): Promise<void> {
  const line = await parseRegistryCommand(cli, lenient, editDefinition);
  if (!line) return;
  const { hub, options, args } = line;
  const output = cli.output(options);
  const registry = await hub.getRegistry(args[0] as string);
  const { patch, secrets } = await collectPatch(cli, line, registry);
  if (Object.keys(patch).length === 0) throw new UsageError('Nothing to change was named.', 'See `tagboat registry edit --help`.');
  if (options.dryRun) return showDryRun(cli, options, 'PATCH', `/registries/${registry.name}`, withoutSecrets(patch, secrets));

  let final = patch;
  let report: unknown;
  if (options.test !== false && concernsConnection(patch)) {
    const examination = await examine(cli, output, options, patch, (current) =>
      hub.testRegistry(registry.id, { changes: current, options: doctorOptions(options) }),
    );
    report = examination.report;
    final = examination.settings;
    if (
      examination.report.state === 'failing' &&
      options.force !== true &&
      !(isInteractive(cli.io) && (await confirm(cli.io, 'Save it all the same?', cli.signal)))
    ) {
      output.result({ json: () => ({ registry, report, saved: false }), human: () => [] });
      complain(cli, examination.report, 'The change was not saved.', '--force saves it as it is.');
      throw new Failed();
    }
  }
  const saved = await hub.updateRegistry(registry.id, final, { ifMatch: registry.version });
  output.result({
    json: () => ({ registry: saved, report }),
    quiet: () => [saved.name],
    human: () => [`${output.palette.good('✓')} Saved ${printable(saved.name)}.`],
  });
}

/** What flags, files and answers change; members that are not named are absent. */
export async function collectPatch(
  cli: Cli,
  { providers, options, flags }: RegistryCommandLine,
  registry: Registry,
): Promise<{ patch: RegistryPatch; secrets: ReadonlySet<string> }> {
  const id = options.provider ?? registry.provider;
  const provider = providers.find((candidate) => candidate.id === id);
  if (!provider)
    throw new UsageError(`The hub knows no provider “${id}”.`, `It knows: ${providers.map((candidate) => candidate.id).join(', ')}.`);
  const isSame = provider.id === registry.provider;
  const fields = await collectFields(cli, {
    provider,
    flags,
    options,
    existing: isSame
      ? {
          signIn: registry.signIn,
          secretsSet: [...registry.secretsSet, ...Object.keys(registry.sources)],
          settings: registry.settings,
        }
      : undefined,
  });
  const connection = await collectConnection(cli, options, fields.connectionSecrets);
  const patch: RegistryPatch = defined({
    ...commonSettings(options),
    name: options.name,
    url: options.url,
    provider: isSame ? undefined : provider.id,
    signIn: isSame && fields.signIn.method === registry.signIn ? undefined : fields.signIn.method,
    fields: Object.keys(fields.fields).length > 0 ? fields.fields : undefined,
    sources: fields.sources,
    connection,
  });
  return { patch, secrets: fields.secrets };
}

const harmless: ReadonlySet<string> = new Set([
  'name',
  'description',
  'default',
  'allProjects',
  'projects',
  'prefix',
  'pinnedRepositories',
  'tagOrder',
  'secretEndsAt',
]);

/** A new name or description needs no test. */
function concernsConnection(patch: RegistryPatch): boolean {
  return Object.keys(patch).some((member) => !harmless.has(member));
}
