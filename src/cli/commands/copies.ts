import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withDataOptions, withExamples } from '../help.ts';

export function copiesCommand(cli: Cli): Command {
  const copies = new Command('copies').description('The copies that the hub makes: what is on its way, what was done, and what failed.');
  const list = withDataOptions(
    new Command('list')
      .description('Lists copies, newest first.')
      .addOption(new Option('--state <state>', 'only these').choices(['open', 'ended', 'queued', 'running', 'done', 'failed', 'canceled']))
      .option('--registry <registry>', 'only to or from this registry')
      .option('--repository <repository>', 'only to or from this repository')
      .option('--limit <number>', 'most copies shown', limit, 30)
      .option('--all', 'as many as there are'),
  ).action(async (options) => (await import('./copies-run.ts')).listCopies(cli, options));
  const show = withDataOptions(new Command('show').description('Shows a copy.').argument('<copy>', 'id of the copy')).action(
    async (id: string, options) => (await import('./copies-run.ts')).showCopy(cli, id, options),
  );
  const follow = withDataOptions(
    new Command('follow')
      .description('Shows a copy while it runs, until it has ended. Ctrl-C leaves it to the hub.')
      .argument('<copy>', 'id of the copy'),
  ).action(async (id: string, options) => (await import('./copies-run.ts')).followCopy(cli, id, options));
  const cancel = withChangeOptions(
    new Command('cancel')
      .description('Cancels copies that wait or run. Their tags stay as they were.')
      .argument('<copy...>', 'ids of the copies'),
  ).action(async (ids: string[], options) => (await import('./copies-run.ts')).cancelCopies(cli, ids, options));
  const retry = withChangeOptions(
    new Command('retry')
      .description('Makes a copy again that failed or was canceled. What has arrived is not sent again.')
      .argument('<copy>', 'id of the copy')
      .option('--follow', 'show it while it runs'),
  ).action(async (id: string, options) => (await import('./copies-run.ts')).retryCopy(cli, id, options));
  for (const command of [list, show, follow, cancel, retry]) copies.addCommand(command);
  const id = 'cpy_01kdv2m7q8';
  withExamples(list, [
    { command: 'tagboat copies list --state open', does: 'what waits and what runs' },
    { command: 'tagboat copies list --registry harbor --state failed --json', does: 'for a program' },
  ]);
  withExamples(show, [{ command: `tagboat copies show ${id}`, does: 'ends, state, what was sent, why it failed' }]);
  withExamples(follow, [{ command: `tagboat copies follow ${id}`, does: 'its bars, until it has ended' }]);
  withExamples(cancel, [
    { command: `tagboat copies cancel ${id}`, does: 'a moment later it has ended' },
    { command: 'tagboat copies list --state open -q | xargs tagboat copies cancel', does: 'all of them' },
  ]);
  withExamples(retry, [{ command: `tagboat copies retry ${id} --follow`, does: 'once more, where it stopped' }]);
  withExamples(copies, [
    { command: 'tagboat copies list --state open', does: 'what waits and what runs' },
    { command: `tagboat copies follow ${id}`, does: 'its bars, until it has ended' },
    { command: `tagboat copies retry ${id} --follow`, does: 'once more, where it stopped' },
  ]);
  return copies;
}

function limit(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text) || Number(text) > 1000) throw new InvalidArgumentError('It has to be a number from 1 to 1000.');
  return Number(text);
}
