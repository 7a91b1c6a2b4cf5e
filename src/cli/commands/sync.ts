import { Command, InvalidArgumentError, Option } from 'commander';
import { syncFormats } from '../../distribution/sync/documents/types.ts';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withDataOptions, withEndpointOptions, withExamples } from '../help.ts';

export function syncCommand(cli: Cli): Command {
  const sync = new Command('sync').description(
    'Keeps repositories in step by rules: those of a file, run from here, or those of the hub, which runs them by itself.',
  );
  for (const command of [planCommand(cli), runCommand(cli), ...hubCommands(cli)]) sync.addCommand(command);
  withExamples(sync, [
    { command: 'tagboat sync plan rules.yml', does: 'what a run would copy and delete' },
    { command: 'tagboat sync run rules.yml', does: 'bring it in step, without a hub' },
    { command: 'tagboat sync apply rules.yml', does: 'have the hub do it from now on' },
    { command: 'tagboat sync list', does: 'the rules of the hub' },
  ]);
  return sync;
}

const what = 'file with rules (.yml, .yaml, .json, or - for standard input), or name of a rule of the hub';

function planCommand(cli: Cli): Command {
  const command = new Command('plan')
    .description('Shows what rules would do: tags to copy and delete, bytes, requests, quota. Changes nothing.')
    .argument('<rules>', what);
  withFileOptions(command);
  withExamples(command, [
    { command: 'tagboat sync plan rules.yml', does: 'each rule of a file' },
    { command: 'tagboat sync plan regsync.yml --rule library-alpine', does: 'one rule of a file of regsync' },
    {
      command: 'tagboat sync plan sync.yml --destination registry.acme.io/mirror',
      does: 'a file of skopeo sync, which names no destination',
    },
    { command: 'tagboat sync plan nightly --json', does: 'a rule of the hub, for a program' },
  ]);
  return command.action(async (text: string, options) =>
    (await import('./sync-run.ts')).planOrRun(cli, text, { ...options, dryRun: true }),
  );
}

function runCommand(cli: Cli): Command {
  const command = new Command('run')
    .description('Brings destinations in step. What is there is not sent; running again goes on with what is missing.')
    .argument('<rules>', what)
    .option('--dry-run', 'show what would be done, and do nothing: as plan')
    .option('-y, --yes', 'delete without asking what rules that mirror would delete')
    .option('--sign-key <file>', 'sign the list of contents of layouts that are written (Ed25519 private key, PEM)')
    .option('--verify-key <file>', 'take layouts only when the signature of their contents fits this key (Ed25519 public key, PEM)')
    .option('--unseen', 'of a rule of the hub: run it although no plan of it was made')
    .option('--detach', 'of a rule of the hub: start it, and do not wait for its end');
  withFileOptions(command);
  withExamples(command, [
    { command: 'tagboat sync run rules.yml', does: 'every rule of a file, with the sign-in of docker login' },
    { command: 'tagboat sync run rules.yml --rule to-disk --sign-key key.pem', does: 'into a layout, with signed contents' },
    { command: 'tagboat sync run import.yml --verify-key pub.pem', does: 'out of a layout that was carried here' },
    { command: 'tagboat sync run nightly --detach', does: 'a rule of the hub, now' },
  ]);
  return command.action(async (text: string, options) => (await import('./sync-run.ts')).planOrRun(cli, text, options));
}

/** Options of commands that follow the rules of a file. */
function withFileOptions(command: Command): void {
  command
    .addOption(new Option('--rule <name>', 'of a file, only this rule; may be repeated').argParser(collect).default([], 'all'))
    .addOption(formatOption())
    .option('--destination <registry>', 'for files of skopeo sync: registry, or registry/prefix, that images go to')
    .option('--scoped', 'for files of skopeo sync: keep whole names below the destination')
    .option('--parallel <number>', 'tags on the way at the same time', number, 12);
  withEndpointOptions(command);
}

function formatOption(): Option {
  return new Option('--format <format>', 'of the file; found out from it unless given').choices(syncFormats);
}

function hubCommands(cli: Cli): Command[] {
  const rule = 'name or id of the rule';
  const list = withDataOptions(
    new Command('list').description('Lists the sync rules of the hub.').option('--registry <registry>', 'only to or from this registry'),
  ).action(async (options) => (await import('./sync-hub.ts')).listRules(cli, options));
  const show = withDataOptions(
    new Command('show').description('Shows a rule of the hub, and what its last plan or run did.').argument('<rule>', rule),
  ).action(async (name: string, options) => (await import('./sync-hub.ts')).showRule(cli, name, options));
  const enable = withChangeOptions(
    new Command('enable')
      .description('Lets a rule of the hub run by itself.')
      .argument('<rule>', rule)
      .option('--unseen', 'although no plan of it was made'),
  ).action(async (name: string, options) => (await import('./sync-hub.ts')).switchRule(cli, name, true, options));
  const disable = withChangeOptions(
    new Command('disable').description('Keeps a rule of the hub, and no longer runs it.').argument('<rule>', rule),
  ).action(async (name: string, options) => (await import('./sync-hub.ts')).switchRule(cli, name, false, options));
  const remove = withChangeOptions(
    new Command('remove')
      .description('Removes a rule of the hub and its history. Nothing changes at the registries.')
      .argument('<rule>', rule)
      .option('-y, --yes', 'do not ask'),
  ).action(async (name: string, options) => (await import('./sync-hub.ts')).removeRule(cli, name, options));
  const apply = withChangeOptions(
    new Command('apply')
      .description('Makes the hub have the rules of files: those that are missing are made, those of the same name changed.')
      .argument('<file...>', 'files with rules of Tagboat, or - for standard input')
      .option('--unseen', 'enable what the files enable although no plan of it was made'),
  ).action(async (files: string[], options) => (await import('./sync-apply.ts')).applyRules(cli, files, options));
  const take = withChangeOptions(
    new Command('import')
      .description('Makes rules of the hub from files of Tagboat, regsync or skopeo sync. They do not run before they are enabled.')
      .argument('<file...>', 'files, or - for standard input')
      .addOption(formatOption())
      .option('--destination <registry>', 'for files of skopeo sync: registry, or registry/prefix, that images go to')
      .option('--scoped', 'for files of skopeo sync: keep whole names below the destination'),
  ).action(async (files: string[], options) => (await import('./sync-apply.ts')).importRules(cli, files, options));
  withExamples(list, [
    { command: 'tagboat sync list', does: 'rules, when they run, and how the last run ended' },
    { command: 'tagboat sync list --registry harbor --json', does: 'for a program' },
  ]);
  withExamples(show, [{ command: 'tagboat sync show nightly', does: 'what it copies, and what it did last' }]);
  withExamples(enable, [{ command: 'tagboat sync enable nightly', does: 'after `tagboat sync plan nightly`' }]);
  withExamples(disable, [{ command: 'tagboat sync disable nightly', does: 'until it is enabled again' }]);
  withExamples(remove, [{ command: 'tagboat sync remove nightly --yes', does: 'without asking' }]);
  withExamples(apply, [
    { command: 'tagboat sync apply rules.yml --dry-run', does: 'which rules would be made or changed' },
    { command: 'tagboat sync apply rules.yml', does: 'rules of a file in version control' },
  ]);
  withExamples(take, [
    { command: 'tagboat sync import regsync.yml', does: 'rules of regsync, with notes of what has no counterpart' },
    { command: 'tagboat sync import sync.yml --destination harbor/mirror', does: 'a file of skopeo sync' },
  ]);
  return [list, show, enable, disable, remove, apply, take];
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function number(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text)) throw new InvalidArgumentError('It has to be a number from 1 to 99.');
  return Number(text);
}
