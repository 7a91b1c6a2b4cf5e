import type { SyncCounts, SyncRule, SyncRun, SyncSpec, TagSelection } from '../api/types.ts';
import { formatBytes, formatCount, plural } from './format.ts';
import { everyWords } from './sync-schedule.ts';

/** What a rule's dot shows. */
export type RuleState = 'failing' | 'running' | 'partial' | 'unplanned' | 'paused' | 'manual' | 'ok' | 'waiting';

export function isOpen(run: SyncRun | undefined): run is SyncRun & { state: 'queued' | 'running' } {
  return run?.state === 'queued' || run?.state === 'running';
}

/** A plan that found nothing wrong does not mend a run that failed: that one still tells how the rule fares. */
function telling({ lastRun: last, lastOutcome }: SyncRule): SyncRun | undefined {
  return lastOutcome && last?.kind === 'plan' && !isOpen(last) && !hasFailed(last) && hasFailed(lastOutcome) ? lastOutcome : last;
}

function hasFailed({ state, counts }: SyncRun): boolean {
  return state === 'failed' || (state === 'done' && (counts?.failed ?? 0) > 0);
}

export function ruleState(rule: SyncRule): RuleState {
  const last = telling(rule);
  if (isOpen(last)) return 'running';
  if (last && hasFailed(last)) return 'failing';
  const byHand = rule.spec.schedule === undefined;
  if (byHand && (rule.planned || last?.kind === 'run')) return 'manual';
  if (!rule.enabled) return rule.planned ? 'paused' : 'unplanned';
  if (last?.state === 'done' && (last.kind === 'run' || isIdle(last))) return (last.counts?.skipped ?? 0) > 0 ? 'partial' : 'ok';
  return 'waiting';
}

/** A plan that found nothing to do says as much as a run. */
function isIdle({ counts }: SyncRun): boolean {
  return counts !== undefined && counts.copied + counts.deleted + counts.failed === 0;
}

/** A rule's state as a clause. */
export function ruleStateWords(rule: SyncRule): string {
  const last = telling(rule);
  switch (ruleState(rule)) {
    case 'running':
      return last ? openWords(last) : 'running';
    case 'failing':
      return `${rule.enabled || rule.spec.schedule === undefined ? '' : 'paused · '}${last ? outcomeWords(last) : 'failed'}`;
    case 'unplanned':
      return 'not started: its plan was not looked at yet';
    case 'paused':
      return last?.kind === 'run' || rule.lastOutcome ? 'paused' : 'not started yet';
    case 'manual':
      return 'runs when somebody starts it';
    case 'partial':
      return `on · ${plural(last?.counts?.skipped ?? 0, 'tag')} left alone on purpose`;
    case 'ok':
      return 'on · in step';
    case 'waiting':
      return 'on';
  }
}

/** How often in a row a rule failed, where that is more than once: `12 runs in a row failed, the first`. */
export function failingWords({ failing, lastRun }: SyncRule): string | undefined {
  return failing === undefined || failing.runs < 2 || isOpen(lastRun)
    ? undefined
    : `${plural(failing.runs, 'run')} in a row failed, the first`;
}

/** What is going on, and how far: `running: 12 of 40 tags`. */
export function openWords(run: SyncRun): string {
  const verb = run.kind === 'plan' ? 'planning' : 'running';
  if (run.canceling) return `${verb}: stopping`;
  if (run.state === 'queued') return run.kind === 'plan' ? 'waits to be planned' : 'waits to run';
  const { progress } = run;
  if (!progress) return verb;
  const total = progress.phase === 'listing' ? 'of more' : `of ${plural(progress.tags.total, 'tag')}`;
  return progress.phase === 'deleting' ? `${verb}: deleting` : `${verb}: ${formatCount(progress.tags.done)} ${total}`;
}

/** From 0 to 1; undefined while the totals still grow. */
export function openShare(run: SyncRun): number | undefined {
  const { progress } = run;
  if (!progress || progress.phase === 'listing' || progress.tags.total === 0) return undefined;
  return progress.tags.done / progress.tags.total;
}

/** What a plan or run that ended came to, as a clause. */
export function outcomeWords(run: SyncRun): string {
  if (run.state === 'canceled')
    return run.counts && run.kind === 'run' ? `canceled after ${plural(run.counts.copied, 'copy', 'copies')}` : 'canceled';
  if (run.state === 'failed') return `failed: ${run.failure?.message ?? 'no reason is known'}`;
  if (!run.counts) return run.state;
  if (run.kind === 'plan') return planWords(run.counts);
  const { tags, failed } = run.counts;
  if (failed > 0) return `${formatCount(failed)} of ${plural(tags, 'tag')} failed`;
  return doneWords(run.counts);
}

/** The same as a sentence; of what failed, its failure says more. */
export function outcomeSentence(run: SyncRun): string {
  const words = outcomeWords(run);
  if (run.state === 'canceled') return `It was ${words}.`;
  if (run.kind === 'plan' && run.counts) return planSentence(run.counts);
  return words.startsWith('nothing') ? `There was ${words}.` : `It ${words}.`;
}

/** `A run would copy 12 tags (61 MiB).` */
export function planSentence(counts: SyncCounts): string {
  const words = planWords(counts);
  return `A run ${words.startsWith('nothing') ? 'has ' : ''}${words}.`;
}

/** `copied 12 (61 MiB), deleted 1`; `nothing to do: all 40 tags are in step`. */
function doneWords({ copied, deleted, skipped, tags, bytes }: SyncCounts): string {
  const parts = [
    ...(copied > 0 ? [`copied ${formatCount(copied)} (${formatBytes(bytes.moved)})`] : []),
    ...(deleted > 0 ? [`deleted ${formatCount(deleted)}`] : []),
    ...(skipped > 0 ? [`left ${formatCount(skipped)} alone`] : []),
  ];
  return parts.length === 0 ? `nothing to do: ${inStep(tags)}` : parts.join(', ');
}

/** What a run would do. */
export function planWords({ copied, deleted, skipped, failed, tags, bytes }: SyncCounts): string {
  const parts = [
    ...(copied > 0 ? [`would copy ${plural(copied, 'tag')} (${formatBytes(bytes.moved)})`] : []),
    ...(deleted > 0 ? [`would delete ${formatCount(deleted)}`] : []),
    ...(skipped > 0 ? [`would leave ${formatCount(skipped)} alone`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} cannot be read`] : []),
  ];
  return parts.length === 0 ? `nothing to do: ${inStep(tags)}` : parts.join(', ');
}

function inStep(tags: number): string {
  return tags === 0 ? 'the rule takes no tag' : tags === 1 ? 'its one tag is in step' : `all ${formatCount(tags)} tags are in step`;
}

/** What of the source a rule takes: `shop/* · 1.4.*, newest 5 by version · linux/amd64`. */
export function takesWords({ source, settings }: SyncSpec): string {
  const repositories = `${source.repositories.join(', ')}${source.exclude?.length ? ` except ${source.exclude.join(', ')}` : ''}`;
  return [repositories, tagWords(source.tags), settings?.platforms?.join(', ') ?? ''].filter(Boolean).join(' · ');
}

/** Which tags, in words: `tags 1.4.*, the newest 5 by version`; `all tags`. */
export function tagWords(tags: TagSelection = {}): string {
  const named = tags.include?.length ? `tags ${tags.include.join(', ')}` : '';
  const parts = [
    named,
    ...(tags.exclude?.length ? [`${named === '' ? 'all tags ' : ''}except ${tags.exclude.join(', ')}`] : []),
    ...(tags.newest ? [`the newest ${formatCount(tags.newest.count)} by ${tags.newest.by === 'version' ? 'version' : 'push time'}`] : []),
    ...(tags.pushedWithin === undefined ? [] : [`pushed in the last ${everyWords(tags.pushedWithin).replace('every ', '')}`]),
  ].filter(Boolean);
  return parts.length === 0 ? 'all tags' : parts.join(', ');
}

const order: Readonly<Record<RuleState, number>> = {
  failing: 0,
  running: 1,
  partial: 2,
  unplanned: 3,
  waiting: 4,
  ok: 4,
  manual: 4,
  paused: 5,
};

/** What needs somebody first, then by name. */
export function sortRules(rules: readonly SyncRule[]): SyncRule[] {
  return rules.toSorted((a, b) => order[ruleState(a)] - order[ruleState(b)] || a.name.localeCompare(b.name));
}

/** Whether a filter's words are all in a rule's name, its registries, or what it takes. */
export function ruleMatches(rule: SyncRule, text: string): boolean {
  const all = `${rule.name} ${rule.source.name} ${rule.destination.name} ${takesWords(rule.spec)}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

const causes = { person: 'started by', schedule: 'on schedule', change: 'after a change at the source' } as const;

/** Why it ran: `started by ana`, `on schedule`. */
export function causeWords(run: SyncRun): string {
  return run.cause === 'person' ? `${causes.person} ${run.by.name}` : causes[run.cause];
}
