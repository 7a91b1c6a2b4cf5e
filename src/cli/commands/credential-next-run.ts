import type { Command } from 'commander';
import type { DoctorReport, NextCredentialInput } from '../../sdk/index.ts';
import { showDryRun } from '../change.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import { printable } from '../output/text.ts';
import { nextDefinition } from './credential-next.ts';
import { complain, examine } from './registry-doctor.ts';
import { collectPatch } from './registry-edit.ts';
import { parseRegistryCommand, type RegistryCommandLine } from './registry-parse.ts';
import { defined, doctorOptions, withoutSecrets } from './registry-settings.ts';

export async function credentialNext(cli: Cli, lenient: Command): Promise<void> {
  const line = await parseRegistryCommand(cli, lenient, nextDefinition);
  if (!line) return;
  const { hub, options, args } = line;
  const output = cli.output(options);
  const name = args[0] as string;
  const path = `/registries/${name}/credential/next`;
  if (options.discard) {
    if (options.dryRun) return showDryRun(cli, options, 'DELETE', path);
    const { registry, version } = await hub.getCredential(name);
    const detail = await hub.discardNextCredential(registry.id, { ifMatch: version });
    return output.result({
      json: () => detail,
      human: () => [`${output.palette.good('✓')} Forgot the next credential of ${printable(registry.name)}.`],
    });
  }
  if (options.again) {
    if (options.dryRun) return showDryRun(cli, options, 'POST', `${path}/test`, { options: doctorOptions(options) });
    const report = await test(cli, line, name);
    output.result({ json: () => report, quiet: () => [report.state], human: () => [] });
    return judge(cli, report);
  }
  const registry = await hub.getRegistry(name);
  const { patch, secrets } = await collectPatch(cli, line, registry);
  const { signIn, fields, sources } = patch;
  const input: NextCredentialInput = defined({ signIn, fields, sources, secretEndsAt: options.ends });
  if (!signIn && !fields && !sources)
    throw new UsageError('Nothing was entered for the next credential.', 'Use --ask-secrets, --password-stdin or --secret-file.');
  if (options.dryRun) return showDryRun(cli, options, 'PUT', path, withoutSecrets(input, secrets));
  const detail = await hub.setNextCredential(registry.id, input, { ifMatch: registry.version });
  const report = options.test === false ? undefined : await test(cli, line, registry.id);
  output.result({
    json: () => ({ credential: detail, report }),
    quiet: () => [printable(registry.name)],
    human: () => [
      `${output.palette.good('✓')} The next credential of ${printable(registry.name)} is kept beside the one in use.`,
      ...(report?.state === 'failing' ? [] : [output.palette.dim(`Put it in use: tagboat credential promote ${printable(registry.name)}`)]),
    ],
  });
  if (report) judge(cli, report);
}

async function test(cli: Cli, { hub, options }: RegistryCommandLine, registry: string): Promise<DoctorReport> {
  const { report } = await examine(cli, cli.output(options), options, {}, () =>
    hub.testNextCredential(registry, { options: doctorOptions(options) }),
  );
  return report;
}

function judge(cli: Cli, report: DoctorReport): void {
  if (report.state !== 'failing') return;
  complain(cli, report, 'The credential in use is not touched.');
  throw new Failed();
}
