import type { Copy, ListCopiesQuery } from '../../sdk/index.ts';
import { type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import { copyDetails } from '../output/copy-result.ts';
import type { Output } from '../output/output.ts';
import { formatSize } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { notePartial } from '../partial.ts';
import { followCopies } from './copies-follow.ts';

interface ListOptions extends CommonOptions, Pick<ListCopiesQuery, 'state' | 'registry' | 'repository'> {
  limit: number;
  all?: boolean;
}

export async function listCopies(cli: Cli, options: ListOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const { state, registry, repository } = options;
  const most = options.all ? Number.POSITIVE_INFINITY : options.limit;
  const items: Copy[] = [];
  let cursor: string | undefined;
  let total: number | undefined;
  do {
    const page = await hub.listCopies({ state, registry, repository, cursor, limit: Math.min(1000, most - items.length) });
    items.push(...page.items);
    cursor = page.next;
    total = page.total;
  } while (cursor !== undefined && items.length < most);
  const output = cli.output(options);
  output.result({
    json: () => ({ items, total, complete: cursor === undefined }),
    quiet: () => items.map(({ id }) => id),
    human: () => (items.length === 0 ? ['There is no such copy.'] : table(output, items)),
  });
  notePartial(output, { shown: items.length, total, more: cursor !== undefined, noun: 'copies' });
}

export async function showCopy(cli: Cli, id: string, options: CommonOptions): Promise<void> {
  const copy = await (await openHub(cli, options)).getCopy(id);
  const output = cli.output(options);
  output.result({ json: () => copy, quiet: () => [copy.state], human: () => detailLines(output, copy) });
}

export async function followCopy(cli: Cli, id: string, options: CommonOptions): Promise<void> {
  const hub = await openHub(cli, options);
  await followCopies(cli, hub, [await hub.getCopy(id)], options, { cancelOnInterrupt: false });
}

export async function cancelCopies(cli: Cli, ids: readonly string[], options: ChangeOptions): Promise<void> {
  if (options.dryRun) {
    for (const id of ids) showDryRun(cli, options, 'POST', `/copies/${id}/cancel`);
    return;
  }
  const hub = await openHub(cli, options);
  const items: Copy[] = [];
  for (const id of ids) items.push(await hub.cancelCopy(id));
  const output = cli.output(options);
  output.result({
    json: () => ({ items }),
    quiet: () => items.map(({ id }) => id),
    human: () =>
      items.map(({ id, state }) => {
        if (state === 'canceled') return `${output.palette.good('✓')} Canceled ${id}.`;
        return state === 'running' || state === 'queued' ? `${id} is about to end.` : `${id} had ended before: ${state}.`;
      }),
  });
}

export async function retryCopy(cli: Cli, id: string, options: ChangeOptions & { follow?: boolean }): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'POST', `/copies/${id}/retry`);
  const hub = await openHub(cli, options);
  const copy = await hub.retryCopy(id);
  if (options.follow) return followCopies(cli, hub, [copy], options, { cancelOnInterrupt: true });
  const output = cli.output(options);
  output.result({
    json: () => copy,
    quiet: () => [copy.id],
    human: () => [
      `${output.palette.good('✓')} ${copy.id} makes it again.`,
      output.palette.dim(`Follow it with \`tagboat copies follow ${copy.id}\`.`),
    ],
  });
}

const fromText = ({ source }: Copy): string => `${source.registry}/${source.repository}${behind(source.reference)}`;
const toText = ({ destination }: Copy): string =>
  `${destination.registry}/${destination.repository}${destination.tags.length > 0 ? `:${destination.tags.join(',')}` : ''}`;
const behind = (reference: string): string => `${reference.includes(':') ? '@' : ':'}${reference}`;

/** What became of it, or how far it is. */
function stateText(copy: Copy): string {
  const { state, progress, result } = copy;
  if (state === 'running' && copy.canceling) return 'canceling';
  if (state === 'running' && progress && progress.bytes.total > 0)
    return `running ${Math.min(100, Math.floor((progress.bytes.done / progress.bytes.total) * 100))} %`;
  return state === 'done' && result?.outcome === 'unchanged' ? 'up to date' : state;
}

function table(output: Output, items: readonly Copy[]): string[] {
  const { good, bad, warn } = output.palette;
  const paints = { done: good, failed: bad, canceled: warn, running: (text: string) => text, queued: output.palette.dim };
  return output.table<Copy>(
    [
      { title: 'COPY', value: (copy) => copy.id },
      { title: 'STATE', value: stateText, paint: (copy) => paints[copy.state] },
      { title: 'FROM', value: fromText, shrinkTo: 16 },
      { title: 'TO', value: toText, shrinkTo: 16 },
      { title: 'SENT', value: (copy) => sent(copy) },
      { title: 'STARTED', value: (copy) => relativeTime(copy.startedAt ?? copy.createdAt, output.now()) },
      { title: 'BY', value: (copy) => copy.by.name, optional: true, shrinkTo: 6 },
    ],
    items,
  );
}

function sent({ result, progress }: Copy): string | undefined {
  const bytes = result?.bytes.moved ?? progress?.bytes.sent;
  return bytes === undefined ? undefined : formatSize(bytes);
}

function detailLines(output: Output, copy: Copy): string[] {
  const { result, failure, progress } = copy;
  const now = output.now();
  const lines = output.fields([
    ['Copy', copy.id],
    ['State', stateText(copy)],
    ['From', fromText(copy)],
    ['To', toText(copy)],
    ['Asked for', `${relativeTime(copy.createdAt, now)} by ${copy.by.name}, ${copy.cause}`],
    ['Retry of', copy.retryOf],
    ['Started', copy.startedAt === undefined ? undefined : relativeTime(copy.startedAt, now)],
    ['Ended', copy.finishedAt === undefined ? undefined : relativeTime(copy.finishedAt, now)],
    ['Next attempt', copy.nextAttemptAt === undefined ? undefined : relativeTime(copy.nextAttemptAt, now)],
    ['Digest', result?.digest],
    ['Sent', result ? copyDetails(result, undefined).trim() : progress && formatSize(progress.bytes.sent)],
  ]);
  for (const note of progress?.notes ?? []) lines.push(printable(note));
  if (failure) lines.push(output.palette.bad(printable(failure.message)));
  if (failure?.help !== undefined) lines.push(`Next: ${printable(failure.help)}`);
  return lines;
}
