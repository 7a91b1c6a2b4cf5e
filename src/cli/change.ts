import type { Cli, CommonOptions } from './cli.ts';
import { CanceledError, UsageError } from './errors.ts';
import { confirm, isInteractive } from './output/prompt.ts';
import { printable } from './output/text.ts';

/** Options of commands that change something. */
export interface ChangeOptions extends CommonOptions {
  dryRun?: boolean;
  yes?: boolean;
}

/** Prints the request that would be made. Secrets must be replaced in `body` already. */
export function showDryRun(cli: Cli, options: CommonOptions, method: string, path: string, body?: object): void {
  const output = cli.output(options);
  const request = { method, path: `/api/v1${path}`, body };
  output.result({
    json: () => ({ dryRun: true, request }),
    quiet: () => [],
    human: () => [
      `Would send: ${method} ${printable(request.path)}`,
      ...(body ? JSON.stringify(body, null, 2).split('\n').map(printable) : []),
      output.palette.dim('Nothing was changed.'),
    ],
  });
}

/** Asks before something is destroyed; `--yes` answers it. */
export async function approve(cli: Cli, options: ChangeOptions, question: string): Promise<void> {
  if (options.yes) return;
  if (!isInteractive(cli.io)) throw new UsageError('There is no terminal to ask whether that is meant.', 'Add --yes.');
  if (!(await confirm(cli.io, question, cli.signal)))
    throw new CanceledError('Not confirmed; nothing was changed.', { isInterrupt: false });
}
