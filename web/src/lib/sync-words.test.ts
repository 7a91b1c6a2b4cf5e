import { describe, expect, it } from 'vitest';
import type { SyncCounts, SyncRule, SyncRun } from '../api/types.ts';
import {
  failingWords,
  openShare,
  openWords,
  outcomeSentence,
  outcomeWords,
  ruleMatches,
  ruleState,
  ruleStateWords,
  sortRules,
  tagWords,
  takesWords,
} from './sync-words.ts';

const counts = (patch: Partial<SyncCounts> = {}): SyncCounts => ({
  repositories: 2,
  tags: 40,
  unchanged: 40,
  copied: 0,
  deleted: 0,
  failed: 0,
  skipped: 0,
  bytes: { moved: 0, saved: 0 },
  requests: { source: 0, destination: 0 },
  ...patch,
});

const run = (patch: Partial<SyncRun> = {}): SyncRun => ({
  id: 'run_1',
  rule: { id: 'syn_1', name: 'releases' },
  ruleVersion: 1,
  kind: 'run',
  state: 'done',
  canceling: false,
  cause: 'schedule',
  by: { kind: 'system', name: 'Tagboat' },
  createdAt: '2026-01-01T00:00:00Z',
  counts: counts(),
  ...patch,
});

const rule = (patch: Partial<SyncRule> = {}): SyncRule => ({
  id: 'syn_1',
  name: 'releases',
  version: 1,
  enabled: true,
  spec: {
    source: {
      registry: 'a',
      repositories: ['shop/*'],
      exclude: ['shop/dev'],
      tags: { include: ['1.4.*'], newest: { count: 5, by: 'version' } },
    },
    destination: { registry: 'b' },
    schedule: { every: '6h' },
    settings: { platforms: ['linux/amd64'] },
  },
  source: { id: 'a', name: 'prod' },
  destination: { id: 'b', name: 'mirror' },
  planned: true,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'ana',
  updatedAt: '2026-01-01T00:00:00Z',
  updatedBy: 'ana',
  ...patch,
});

describe('words of sync rules', () => {
  it('say what a rule takes', () => {
    expect(takesWords(rule().spec)).toBe('shop/* except shop/dev · tags 1.4.*, the newest 5 by version · linux/amd64');
    expect(tagWords()).toBe('all tags');
    expect(tagWords({ exclude: ['*-rc'], pushedWithin: '30d' })).toBe('all tags except *-rc, pushed in the last 30 days');
  });

  it.each([
    ['on', rule(), 'waiting', 'on'],
    ['in step', rule({ lastRun: run() }), 'ok', 'on · in step'],
    ['in step by its plan', rule({ lastRun: run({ kind: 'plan' }) }), 'ok', 'on · in step'],
    ['behind by its plan', rule({ lastRun: run({ kind: 'plan', counts: counts({ copied: 1 }) }) }), 'waiting', 'on'],
    ['with tags left alone', rule({ lastRun: run({ counts: counts({ skipped: 3 }) }) }), 'partial', 'on · 3 tags left alone on purpose'],
    ['unplanned', rule({ enabled: false, planned: false }), 'unplanned', 'not started: its plan was not looked at yet'],
    ['planned', rule({ enabled: false, lastRun: run({ kind: 'plan' }) }), 'paused', 'not started yet'],
    ['paused', rule({ enabled: false, lastRun: run() }), 'paused', 'paused'],
    [
      'by hand',
      rule({ enabled: false, spec: { source: rule().spec.source, destination: rule().spec.destination } }),
      'manual',
      'runs when somebody starts it',
    ],
    ['failed', rule({ lastRun: run({ state: 'failed', failure: { code: 'x', message: 'no answer.' } }) }), 'failing', 'failed: no answer.'],
    ['partly failed', rule({ lastRun: run({ counts: counts({ failed: 2 }) }) }), 'failing', '2 of 40 tags failed'],
    [
      'failing although a plan came after',
      rule({ lastRun: run({ kind: 'plan' }), lastOutcome: run({ counts: counts({ failed: 2 }) }) }),
      'failing',
      '2 of 40 tags failed',
    ],
    ['paused although planned', rule({ enabled: false, lastRun: run({ kind: 'plan' }), lastOutcome: run() }), 'paused', 'paused'],
    ['queued', rule({ lastRun: run({ state: 'queued' }) }), 'running', 'waits to run'],
  ] as const)('say that one is %s', (_, subject, state, words) => {
    expect(ruleState(subject)).toBe(state);
    expect(ruleStateWords(subject)).toBe(words);
  });

  it('say how often one failed, once it is more than one run', () => {
    const failing = (runs: number, lastRun = run({ state: 'failed' })) =>
      failingWords(rule({ lastRun, failing: { runs, since: '2026-01-01T00:00:00Z' } }));
    expect([failing(1), failing(12), failing(12, run({ state: 'running' }))]).toEqual([
      undefined,
      '12 runs in a row failed, the first',
      undefined,
    ]);
    expect(failingWords(rule({}))).toBeUndefined();
  });

  it('say how far a run is', () => {
    const progress = { phase: 'tags', repositories: { total: 2, done: 1 }, tags: { total: 40, done: 12 } } as const;
    const running = run({ state: 'running', progress });
    expect([openWords(running), openShare(running)]).toEqual(['running: 12 of 40 tags', 0.3]);
    const listing = run({ state: 'running', kind: 'plan', progress: { ...progress, phase: 'listing' } });
    expect([openWords(listing), openShare(listing)]).toEqual(['planning: 12 of more', undefined]);
    expect(openWords(run({ state: 'running', progress, canceling: true }))).toBe('running: stopping');
  });

  it('say what became of one', () => {
    const moved = { moved: 64_113_868, saved: 0 };
    expect(outcomeWords(run())).toBe('nothing to do: all 40 tags are in step');
    expect(outcomeWords(run({ counts: counts({ copied: 12, deleted: 1, bytes: moved }) }))).toBe('copied 12 (61.1 MiB), deleted 1');
    expect(outcomeWords(run({ kind: 'plan', counts: counts({ copied: 1, skipped: 2, bytes: moved }) }))).toBe(
      'would copy 1 tag (61.1 MiB), would leave 2 alone',
    );
    expect(outcomeWords(run({ kind: 'plan', counts: counts({ tags: 0 }) }))).toBe('nothing to do: the rule takes no tag');
    expect(outcomeWords(run({ state: 'canceled', counts: counts({ copied: 3 }) }))).toBe('canceled after 3 copies');
  });

  it('make sentences of it', () => {
    expect(outcomeSentence(run())).toBe('There was nothing to do: all 40 tags are in step.');
    expect(outcomeSentence(run({ kind: 'plan' }))).toBe('A run has nothing to do: all 40 tags are in step.');
    expect(outcomeSentence(run({ counts: counts({ deleted: 2 }) }))).toBe('It deleted 2.');
    expect(outcomeSentence(run({ state: 'canceled', counts: counts({ copied: 1 }) }))).toBe('It was canceled after 1 copy.');
  });

  it('put first what needs somebody', () => {
    const rules = [
      rule({ id: '1', name: 'b fine', lastRun: run() }),
      rule({ id: '2', name: 'a fine', lastRun: run() }),
      rule({ id: '3', name: 'paused', enabled: false }),
      rule({ id: '4', name: 'z failing', lastRun: run({ state: 'failed' }) }),
      rule({ id: '5', name: 'running', lastRun: run({ state: 'running' }) }),
    ];
    expect(sortRules(rules).map(({ id }) => id)).toEqual(['4', '5', '2', '1', '3']);
  });

  it('are found by name, registry and what is taken', () => {
    for (const text of ['RELEASE', 'prod mirror', 'shop/', '']) expect(ruleMatches(rule(), text), text).toBe(true);
    expect(ruleMatches(rule(), 'releases nowhere')).toBe(false);
  });
});
