import { everyItem, type SyncRule, type SyncRun, type SyncSpec } from '../../sdk/index.ts';
import { approve, type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { itemLines, partialLines, syncHeadline } from '../output/sync-report.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';

export async function listRules(cli: Cli, options: CommonOptions & { registry?: string }): Promise<void> {
  const hub = await openHub(cli, options);
  const items = await Array.fromAsync(everyItem((cursor) => hub.listSyncRules({ cursor, limit: 1000, registry: options.registry })));
  const output = cli.output(options);
  const now = output.now();
  output.result({
    json: () => ({ items }),
    quiet: () => items.map(({ name }) => printable(name)),
    human: () =>
      items.length === 0
        ? ['There is no sync rule that you may see.', 'Next: tagboat sync apply <rules.yml>, or tagboat sync import regsync.yml']
        : output.table<SyncRule>(
            [
              { title: 'RULE', value: ({ name }) => name, shrinkTo: 12 },
              { title: 'FROM', value: ({ source, spec }) => `${source.name}: ${spec.source.repositories.join(', ')}`, shrinkTo: 14 },
              {
                title: 'TO',
                value: ({ destination, spec }) => `${destination.name}: ${spec.destination.repository ?? '{repository}'}`,
                shrinkTo: 14,
              },
              { title: 'RUNS', value: runsText },
              { title: 'NEXT', value: ({ nextRunAt }) => nextRunAt && relativeTime(nextRunAt, now), optional: true },
              {
                title: 'LAST',
                value: ({ lastRun }) => lastRun && lastText(lastRun, now),
                optional: true,
                paint: (rule) => paintOf(output, rule),
              },
            ],
            items,
          ),
  });
}

export async function showRule(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const rule = await hub.getSyncRule(name);
  const lastRun = rule.lastRun && (await hub.getSyncRun(rule.lastRun.id));
  const output = cli.output(options);
  output.result({
    json: () => ({ ...rule, ...(lastRun && { lastRun }) }),
    quiet: () => [rule.id],
    human: () => [...ruleLines(output, rule), ...(lastRun ? ['', ...runLines(output, lastRun)] : [])],
  });
}

export async function switchRule(cli: Cli, name: string, enabled: boolean, options: ChangeOptions & { unseen?: boolean }): Promise<void> {
  const hub = await openHub(cli, options);
  const { id, version } = await hub.getSyncRule(name);
  const patch = { enabled, ...(options.unseen && { unseen: true }) };
  if (options.dryRun) return showDryRun(cli, options, 'PATCH', `/sync-rules/${id}`, patch);
  const rule = await hub.updateSyncRule(id, patch, { ifMatch: version });
  const output = cli.output(options);
  const next =
    rule.nextRunAt === undefined
      ? 'It has no times: run it with `tagboat sync run`.'
      : `It runs next ${relativeTime(rule.nextRunAt, output.now())}.`;
  output.result({
    json: () => rule,
    quiet: () => [rule.id],
    human: () => [
      `${output.palette.good('✓')} ${printable(rule.name)} is ${enabled ? `enabled. ${next}` : 'disabled: it does not run by itself.'}`,
    ],
  });
}

export async function removeRule(cli: Cli, name: string, options: ChangeOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const rule = await hub.getSyncRule(name);
  if (options.dryRun) return showDryRun(cli, options, 'DELETE', `/sync-rules/${rule.id}`);
  await approve(cli, options, `Remove the sync rule ${printable(rule.name)} and its history?`);
  await hub.deleteSyncRule(rule.id, { ifMatch: rule.version });
  const output = cli.output(options);
  output.result({
    json: () => ({ removed: { id: rule.id, name: rule.name } }),
    quiet: () => [rule.id],
    human: () => [`${output.palette.good('✓')} Removed ${printable(rule.name)}. What it copied stays.`],
  });
}

/** What a plan or run did, or how far it is. */
export function runLines(output: Output, run: SyncRun): string[] {
  const { kind, state, counts, items = [], partial = [], failure, startedAt, finishedAt } = run;
  const seconds = startedAt !== undefined && finishedAt !== undefined ? (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 : undefined;
  const plan = kind === 'plan';
  const shown = plan ? items : items.filter((item) => item.action !== 'copy' || item.outcome === 'failed');
  return [
    output.palette.dim(`${plan ? 'Plan' : 'Run'} ${run.id}, ${lastText(run, output.now())}, by ${printable(run.by.name)}`),
    ...(counts ? [syncHeadline(output, run.rule.name, { counts }, { plan, ...(seconds !== undefined && !plan && { seconds }) })] : []),
    ...partialLines(output, partial),
    ...itemLines(output, shown),
    ...(failure && state !== 'canceled'
      ? [output.palette.bad(printable(failure.message)), ...(failure.help === undefined ? [] : [`Next: ${printable(failure.help)}`])]
      : []),
  ];
}

function ruleLines(output: Output, rule: SyncRule): string[] {
  const { spec, source, destination, name, enabled, planned, nextRunAt, failing } = rule;
  const { tags, exclude } = spec.source;
  const now = output.now();
  return [
    output.palette.strong(printable(name)),
    ...output.fields([
      ['from', `${source.name}: ${spec.source.repositories.join(', ')}${exclude?.length ? `, without ${exclude.join(', ')}` : ''}`],
      ['tags', tags && tagsText(tags)],
      ['to', `${destination.name}: ${spec.destination.repository ?? '{repository}'}:${spec.destination.tag ?? '{tag}'}`],
      ['mode', spec.mode === 'mirror' ? `mirror, deletes at most ${spec.deletionLimit ?? 10} % of a repository` : 'one-way'],
      ['copies', settingsText(spec)],
      ['runs', runsText(rule)],
      ['next', nextRunAt && relativeTime(nextRunAt, now)],
      [
        'failing',
        failing && `${failing.runs === 1 ? 'one run' : `${failing.runs} runs in a row`}, since ${relativeTime(failing.since, now)}`,
      ],
      ['planned', planned ? 'yes' : enabled ? undefined : 'no: a plan is needed before it is enabled'],
      ['changed', `${relativeTime(rule.updatedAt, now)} by ${rule.updatedBy}`],
      ['id', rule.id],
    ]),
  ];
}

function tagsText({ include, exclude, newest, pushedWithin }: NonNullable<SyncSpec['source']['tags']>): string {
  const parts = [
    include?.join(', '),
    exclude?.length && `without ${exclude.join(', ')}`,
    newest && `the newest ${newest.count} by ${newest.by === 'version' ? 'version' : 'push time'}`,
    pushedWithin && `pushed within ${pushedWithin}`,
  ];
  return parts.filter(Boolean).join('; ');
}

function settingsText({ settings = {} }: SyncSpec): string | undefined {
  const { platforms, referrers, digestTags, bandwidth, quotaReserve } = settings;
  const parts = [
    platforms?.length && `only ${platforms.join(', ')}`,
    referrers && 'with referrers',
    digestTags && 'with digest tags',
    bandwidth && `at most ${bandwidth} bytes a second`,
    quotaReserve && `leaves ${quotaReserve} of the quota`,
  ];
  return parts.filter(Boolean).join('; ') || undefined;
}

function runsText({ enabled, spec: { schedule = {} } }: SyncRule): string {
  if (!enabled) return 'disabled';
  const { every, cron, timeZone, onChange } = schedule;
  const times = cron === undefined ? every && `every ${every}` : `${cron} ${timeZone ?? 'UTC'}`;
  if (onChange) return times ? `on change, ${times}` : 'on change';
  return times || 'by hand';
}

function lastText({ kind, state, finishedAt, startedAt, createdAt, canceling }: SyncRun, now: number): string {
  const word = state === 'done' ? (kind === 'plan' ? 'planned' : 'ran') : canceling && state === 'running' ? 'canceling' : state;
  return `${word} ${relativeTime(finishedAt ?? startedAt ?? createdAt, now)}`;
}

function paintOf({ palette }: Output, { lastRun }: SyncRule): (text: string) => string {
  return lastRun?.state === 'failed' ? palette.bad : lastRun?.state === 'canceled' ? palette.warn : (text) => text;
}
