import type { SyncRule, SyncRun } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import bits from '../../components/bits.module.css';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { failingWords, isOpen, openShare, openWords, type RuleState, ruleState, ruleStateWords } from '../../lib/sync-words.ts';

const dots: Readonly<Record<RuleState, string | undefined>> = {
  failing: bits.failing,
  running: bits.ok,
  partial: bits.degraded,
  unplanned: bits.unknown,
  paused: bits.unknown,
  manual: bits.unknown,
  waiting: bits.ok,
  ok: bits.ok,
};

/** A rule's state as a shape, a colour and words; a bar while it runs. */
export function RuleStateView({ rule }: { rule: SyncRule }) {
  if (isOpen(rule.lastRun)) return <RunProgress run={rule.lastRun} />;
  const words = ruleStateWords(rule);
  return (
    <span className={bits.state} title={words}>
      <span className={`${bits.dot} ${dots[ruleState(rule)]}`} aria-hidden="true" />
      <span className={bits.clamp}>{words}</span>
    </span>
  );
}

/** Since when a rule fails, if it is more than one run. */
export function Failing({ rule }: { rule: SyncRule }) {
  const words = failingWords(rule);
  if (words === undefined) return null;
  return (
    <span className="dim" style={{ display: 'block' }}>
      {words} <Ago time={rule.failing?.since} />
    </span>
  );
}

/** How far a plan or run is: hatched until the whole is known. */
export function RunProgress({ run }: { run: SyncRun }) {
  const words = openWords(run);
  return (
    <div style={{ display: 'grid', gap: 4, minWidth: 0 }}>
      <ProgressBar
        thin
        label={`Progress of ${run.rule.name}`}
        share={openShare(run)}
        words={words}
        kind={run.state === 'queued' ? 'waiting' : 'running'}
      />
      <span className="num">{words}</span>
    </div>
  );
}
