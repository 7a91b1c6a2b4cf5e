import type { AuditEntry } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { notePartial } from '../partial.ts';

interface AuditOptions extends CommonOptions {
  limit: number;
  all?: boolean;
  actor?: string;
  action?: string;
  target?: string;
  changes?: boolean;
}

export async function audit(cli: Cli, options: AuditOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
  const items: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await hub.listAudit({
      cursor,
      limit: Math.min(1000, limit - items.length),
      actor: options.actor,
      action: options.action,
      target: options.target,
    });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < limit);
  const output = cli.output(options);
  output.result({
    json: () => ({ items, complete: cursor === undefined }),
    quiet: () => items.map((item) => item.id),
    human: () =>
      items.length === 0
        ? ['Nothing was recorded that fits.']
        : options.changes
          ? items.flatMap((item) => entryLines(output, item))
          : entryTable(output, items),
  });
  notePartial(output, { shown: items.length, more: cursor !== undefined, noun: 'entries' });
}

const actor = (item: AuditEntry): string => (item.actor.kind === 'token' ? `${item.actor.name} (token)` : item.actor.name);
const target = (item: AuditEntry): string | undefined =>
  item.target && `${item.target.kind} ${item.target.name ?? item.target.id ?? ''}`.trim();

function entryTable(output: Output, items: readonly AuditEntry[]): string[] {
  return output.table<AuditEntry>(
    [
      { title: 'WHEN', value: (item) => relativeTime(item.at, output.now()) },
      { title: 'WHO', value: actor, shrinkTo: 8 },
      { title: 'ACTION', value: (item) => item.action },
      { title: 'WHAT', value: target, shrinkTo: 12 },
      {
        title: 'OUTCOME',
        value: (item) => item.outcome,
        paint: (item) => (item.outcome === 'ok' ? output.palette.dim : output.palette.warn),
      },
      { title: 'FROM', value: (item) => item.address, optional: true },
      { title: 'DETAIL', value: (item) => item.detail, optional: true, shrinkTo: 12 },
    ],
    items,
  );
}

function entryLines(output: Output, item: AuditEntry): string[] {
  const lines = [
    `${output.palette.dim(item.at)} ${printable(`${actor(item)} ${item.action} ${target(item) ?? ''} ${item.detail ? `(${item.detail})` : ''}`).trim()}`,
  ];
  for (const name of new Set([...Object.keys(item.before ?? {}), ...Object.keys(item.after ?? {})])) {
    const before = item.before?.[name];
    const after = item.after?.[name];
    const show = (value: unknown): string => printable(JSON.stringify(value) ?? '–');
    if (item.before && item.after) lines.push(`  ${printable(name)}: ${show(before)} → ${show(after)}`);
    else lines.push(`  ${printable(name)}: ${show(before ?? after)}`);
  }
  return lines;
}
