import { ApiError } from '../../sdk/api-error.ts';
import type { Copy } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { Failed, HubUnreachable } from '../errors.ts';
import { connect, type Hub } from '../hub-client.ts';
import { CopyProgress } from '../output/copy-progress.ts';
import { copyDetails, copyHeadline } from '../output/copy-result.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { printError } from '../print-error.ts';

/** How long a hub that does not answer is asked again, in milliseconds: it is restarted, and goes on with the copy then. */
const patience = 60_000;
const pause = 1000;
/** For the one request that tells the hub to stop, in milliseconds. */
const cancelTime = 10_000;

/** Shows copies, one after the other, until all have ended; fails when one did. */
export async function followCopies(
  cli: Cli,
  hub: Hub,
  copies: readonly Copy[],
  options: CommonOptions,
  { cancelOnInterrupt }: { cancelOnInterrupt: boolean },
): Promise<void> {
  const output = cli.output(options);
  let failed = false;
  try {
    for (const copy of copies) {
      const ended = await followCopy(cli, hub, copy, output, options);
      if (ended.state !== 'done') failed = true;
    }
  } catch (error) {
    if (!cli.signal.aborted) throw error;
    if (cancelOnInterrupt) await cancelAll(cli, hub, copies, options);
    else output.note(`The hub goes on with it. Cancel it with \`tagboat copies cancel ${copies[0]?.id ?? ''}\`.`);
    throw cli.signal.reason;
  }
  if (failed) throw new Failed();
}

async function followCopy(cli: Cli, hub: Hub, first: Copy, output: Output, options: CommonOptions): Promise<Copy> {
  const progress = new CopyProgress(cli, output, { live: !output.json && !output.quiet });
  const notes = new Set<string>();
  let said = '';
  const show = (copy: Copy): void => {
    if (output.json && copy.finishedAt === undefined) output.jsonLine({ event: 'progress', copy });
    for (const note of copy.progress?.notes ?? []) {
      if (notes.has(note)) continue;
      notes.add(note);
      progress.say(printable(note));
    }
    const state = waitingFor(output, copy);
    if (state !== undefined && state !== said) progress.say((said = state));
    if (copy.progress && copy.finishedAt === undefined) progress.show(copy.progress);
  };
  try {
    const ended = await untilEnded(cli, hub, first.id, show);
    progress.end();
    tell(cli, output, ended, options);
    return ended;
  } finally {
    progress.end();
  }
}

/** Follows the events; takes up again what broke off. */
async function untilEnded(cli: Cli, hub: Hub, id: string, show: (copy: Copy) => void): Promise<Copy> {
  let deadline = Number.POSITIVE_INFINITY;
  for (;;) {
    try {
      for await (const { data } of hub.followCopy(id)) {
        deadline = Number.POSITIVE_INFINITY;
        if (data.finishedAt !== undefined) return data;
        show(data);
      }
    } catch (error) {
      // Of an error of the hub's own nothing is better a moment later; a restart of it, or what stands before it, is.
      const passes = error instanceof HubUnreachable || (error instanceof ApiError && error.status >= 502) || isBroken(error);
      if (cli.signal.aborted || !passes || Date.now() > deadline) throw error;
    }
    if (deadline === Number.POSITIVE_INFINITY) deadline = Date.now() + patience;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      cli.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
    cli.signal.throwIfAborted();
  }
}

/** What `fetch` says of a body that stops half-way. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError && /terminated|network|fetch failed/i.test(error.message);
}

function waitingFor(output: Output, { state, nextAttemptAt, failure, canceling }: Copy): string | undefined {
  if (canceling) return 'It is being canceled.';
  if (state !== 'queued') return undefined;
  if (nextAttemptAt === undefined || !failure) return 'It waits for its turn.';
  return `${printable(failure.message)} It is tried again ${relativeTime(nextAttemptAt, output.now())}.`;
}

function tell(cli: Cli, output: Output, copy: Copy, options: CommonOptions): void {
  const { destination, result, failure, state, startedAt, finishedAt } = copy;
  const place = printable(`${destination.registry}/${destination.repository}`);
  if (output.json) return output.jsonLine({ event: 'copy', copy });
  if (result) {
    const seconds = (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000;
    return output.result({
      json: () => copy,
      quiet: () => [result.digest],
      human: () => [
        `${copyHeadline(result, place, destination.tags, false)}${output.palette.dim(copyDetails(result, Number.isFinite(seconds) ? Math.max(seconds, 0.001) : undefined))}`,
        `${output.palette.dim('Digest:')} ${result.digest}`,
      ],
    });
  }
  if (state === 'canceled') {
    const tags = destination.tags.length > 1 ? 'some of its tags may have been set before' : 'its tags are as they were';
    return void cli.io.stderr.write(`The copy to ${place} was canceled: ${tags}.\n`);
  }
  printError(cli, {
    side: failure?.side === undefined ? 'Hub' : 'Registry',
    code: failure?.code ?? 'internal',
    message: failure?.message ?? `The copy to ${place} failed.`,
    next: [failure?.help, `Then: tagboat copies retry ${copy.id}${options.hub ? ` --hub ${options.hub}` : ''}`].filter(Boolean).join(' '),
  });
}

/** The command's own signal has ended its requests: this one goes out all the same. */
async function cancelAll(cli: Cli, hub: Hub, copies: readonly Copy[], options: CommonOptions): Promise<void> {
  const last = connect(cli, hub.address, options, {
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(cancelTime) }),
  });
  cli.io.stderr.write(`Canceling ${copies.length === 1 ? 'it' : `${copies.length} copies`} at the hub; Ctrl-C again leaves at once.\n`);
  for (const { id } of copies) {
    const copy = await last.cancelCopy(id);
    const words = { queued: 'canceled', running: 'about to end', canceled: 'canceled', done: 'was done already', failed: 'had failed' }[
      copy.state
    ];
    cli.io.stderr.write(`${id}: ${words}.\n`);
  }
}
