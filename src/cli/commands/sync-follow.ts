import { systemClock } from '../../core/clock.ts';
import { ApiError } from '../../sdk/api-error.ts';
import type { SyncRun } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { Failed, HubUnreachable } from '../errors.ts';
import { connect, type Hub, openHub } from '../hub-client.ts';
import { StatusLine } from '../output/status-line.ts';
import { syncStatus } from '../output/sync-report.ts';
import { printable } from '../output/text.ts';
import { runLines } from './sync-hub.ts';
import type { SyncRunOptions } from './sync-run.ts';

/** Between two looks, in milliseconds: short ones first, for runs that find everything in step. */
const pauses = [100, 200, 400, 1000];
/** How long a hub that does not answer is asked again, in milliseconds: it is restarted, and goes on with the run then. */
const patience = 60_000;
/** For the one request that tells the hub to stop. */
const cancelTime = 10_000;

/** Has the hub plan or run one of its rules, and shows it until it has ended, unless told to leave. */
export async function syncAtHub(cli: Cli, name: string, options: SyncRunOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const rule = await hub.getSyncRule(name);
  const run = await hub.startSyncRun(rule.id, { kind: options.dryRun ? 'plan' : 'run', ...(options.unseen && { unseen: true }) });
  const output = cli.output(options);
  if (options.detach) {
    return output.result({
      json: () => run,
      quiet: () => [run.id],
      human: () => [`${run.id} has begun.`, output.palette.dim(`Look at it with \`tagboat sync show ${printable(rule.name)}\`.`)],
    });
  }
  let ended: SyncRun;
  try {
    ended = await untilEnded(cli, hub, run, options);
  } catch (error) {
    if (!cli.signal.aborted) throw error;
    await cancel(cli, hub, run, options);
    throw cli.signal.reason;
  }
  const places = (ended.items ?? [])
    .filter(({ outcome }) => outcome === 'done' || outcome === 'planned')
    .map(({ destination }) => destination);
  if (output.json) output.jsonLine({ event: 'result', run: ended });
  else
    output.result({
      json: () => ended,
      quiet: () => places.map(({ repository, tag }) => printable(`${repository}:${tag}`)),
      human: () => runLines(output, ended),
    });
  if (ended.state !== 'done') throw new Failed();
}

/** Asks once a second: a run takes minutes, and its numbers are kept once a second. */
async function untilEnded(cli: Cli, hub: Hub, first: SyncRun, options: SyncRunOptions): Promise<SyncRun> {
  const output = cli.output(options);
  const line = new StatusLine(cli, !output.json && !output.quiet);
  let run = first;
  let silentSince: number | undefined;
  try {
    for (let looks = 0; run.finishedAt === undefined; looks++) {
      await systemClock.sleep(pauses[looks] ?? 1000, cli.signal);
      try {
        run = await hub.getSyncRun(first.id);
        silentSince = undefined;
      } catch (error) {
        const passes = error instanceof HubUnreachable || (error instanceof ApiError && error.status >= 502);
        silentSince ??= Date.now();
        if (cli.signal.aborted || !passes || Date.now() - silentSince > patience) throw error;
        continue;
      }
      if (output.json) output.jsonLine({ event: 'progress', run: { ...run, items: undefined } });
      else line.show(statusOf(run));
    }
    return run;
  } finally {
    line.clear();
  }
}

function statusOf({ state, progress, counts, canceling }: SyncRun): string {
  if (canceling) return 'It is being canceled.';
  if (state === 'queued') return 'It waits for its turn.';
  return syncStatus(progress, counts?.bytes.moved);
}

/** The command's own signal has ended its requests: this one goes out all the same. */
async function cancel(cli: Cli, hub: Hub, run: SyncRun, options: SyncRunOptions): Promise<void> {
  const last = connect(cli, hub.address, options, {
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(cancelTime) }),
  });
  cli.io.stderr.write('Canceling it at the hub; Ctrl-C again leaves at once.\n');
  const { state } = await last.cancelSyncRun(run.id);
  cli.io.stderr.write(
    `${run.id}: ${state === 'queued' || state === 'running' ? 'about to end' : state}. What was copied stays, and the next run goes on from there.\n`,
  );
}
