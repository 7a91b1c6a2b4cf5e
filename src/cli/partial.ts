import type { TagboatError } from '../core/errors.ts';
import type { Cli, CommonOptions } from './cli.ts';
import { type Described, describeError } from './errors.ts';
import type { Output } from './output/output.ts';
import { formatCount } from './output/size.ts';
import { relativeTime } from './output/time.ts';
import { printError } from './print-error.ts';

/** Says on standard error that a list goes on, and how to see the rest. */
export function notePartial(
  output: Output,
  { shown, total, more, noun }: { shown: number; total?: number; more: boolean; noun: string },
): void {
  if (!more || output.json) return;
  const part =
    total === undefined || total <= shown
      ? `The first ${formatCount(shown)} ${noun}, of more`
      : `The first ${formatCount(shown)} of ${formatCount(total)} ${noun}`;
  output.note(output.notePalette.dim(`${part}; --all shows all of them, --limit another number.`));
}

/** Says why a list is not whole. The command fails all the same, so that no script takes a part for the whole. */
export async function reportPartial(
  cli: Cli,
  options: CommonOptions,
  partial: { reason: string; code: string; retryAt?: string } | undefined,
  error: TagboatError | undefined,
): Promise<void> {
  const output = cli.output(options);
  const next = partial?.retryAt ? `It goes on ${relativeTime(partial.retryAt, output.now())}.` : undefined;
  const described: Described = error
    ? await describeError(error)
    : {
        side: 'Registry',
        code: partial?.code ?? 'internal',
        message: partial?.reason ?? '',
        next: next ?? 'Try again later; what is shown is right as far as it goes.',
      };
  printError(cli, { ...described, message: `The list is not whole: ${described.message}` });
}
