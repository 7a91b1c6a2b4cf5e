import { describe, expect, it } from 'vitest';
import type { SyncRule, SyncSpec } from '../api/types.ts';
import { checkRule, emptyRule, placeErrors, ruleDraft, specChange, specOf } from './sync-draft.ts';

const full: SyncSpec = {
  source: {
    registry: 'reg_a',
    repositories: ['shop/*', 'platform/**'],
    exclude: ['shop/dev-*'],
    tags: { include: ['>=1.4 <2', 'stable'], exclude: ['*-rc'], newest: { count: 5, by: 'pushed' }, pushedWithin: '30d' },
  },
  destination: { registry: 'reg_b', repository: 'prod/{repository}', tag: '{tag#v}' },
  mode: 'mirror',
  deletionLimit: 25,
  schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', onChange: true },
  settings: { platforms: ['linux/amd64'] },
};
const small: SyncSpec = { source: { registry: 'reg_a', repositories: ['shop/api'] }, destination: { registry: 'reg_b' } };

const rule = (spec: SyncSpec): SyncRule => ({
  id: 'syn_1',
  name: 'releases',
  version: 3,
  enabled: false,
  spec,
  source: { id: 'reg_a', name: 'prod' },
  destination: { id: 'reg_b', name: 'mirror' },
  planned: true,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'ana',
  updatedAt: '2026-01-01T00:00:00Z',
  updatedBy: 'ana',
});

describe('the form of a sync rule', () => {
  it.each([
    ['everything', full],
    ['hardly anything', small],
    ['a rhythm', { ...small, schedule: { every: '6h' } }],
    ['changes', { ...small, schedule: { onChange: true } }],
    ['changes, looked at', { ...small, schedule: { onChange: true, every: '1h' } }],
  ])('gives back %s as it was', (_, spec) => expect(specOf(ruleDraft(rule(spec)))).toEqual(spec));

  it('leaves out what is as usual or empty', () => {
    const draft = { ...emptyRule, source: 'reg_a', repositories: ' shop/api \n\n', destination: 'reg_b', schedule: 'hand' as const };
    expect(specOf(draft)).toEqual(small);
  });

  it('sends of an edit what was changed', () => {
    const stored = rule({ ...small, destination: { registry: 'reg_b', tag: '{tag}' }, schedule: { every: '6h' } });
    const draft = ruleDraft(stored);
    expect(specChange(stored, { ...draft, name: 'another' })).toBeUndefined();
    // A plan that was seen is of the spec as it is stored, with what it says needlessly.
    expect(specChange(stored, { ...draft, every: '1d' })).toEqual({ ...stored.spec, schedule: { every: '1d' } });
    expect(specChange(stored, { ...draft, schedule: 'hand' })).toEqual({
      source: stored.spec.source,
      destination: stored.spec.destination,
    });
    expect(specChange(stored, { ...draft, repositories: 'shop/web' })?.source.repositories).toEqual(['shop/web']);
  });

  it('says what is missing at its field', () => {
    expect(Object.keys(checkRule(emptyRule))).toEqual([
      'name',
      'spec.source.registry',
      'spec.destination.registry',
      'spec.source.repositories',
    ]);
    const ready = { ...emptyRule, name: 'x', source: 'a', destination: 'b', repositories: '**' };
    expect(checkRule(ready)).toEqual({});
    expect(Object.keys(checkRule({ ...ready, newest: '0' }))).toEqual(['spec.source.tags.newest.count']);
    expect(Object.keys(checkRule({ ...ready, mode: 'mirror', deletionLimit: '' }))).toEqual(['spec.deletionLimit']);
    expect(Object.keys(checkRule({ ...ready, mode: 'mirror', deletionLimit: '101' }))).toEqual(['spec.deletionLimit']);
    expect(Object.keys(checkRule({ ...ready, every: '30s' }))).toEqual(['spec.schedule.every']);
    expect(checkRule({ ...ready, every: '2w' }), 'the hub knows more units').toEqual({});
    expect(Object.keys(checkRule({ ...ready, schedule: 'cron', cron: ' ' }))).toEqual(['spec.schedule.cron']);
  });

  it('places what is said of a line at its list', () => {
    expect(
      placeErrors({ 'spec.source.repositories.0': 'no', 'spec.source.repositories.2': 'neither', 'spec.destination.tag': 'wrong' }),
    ).toEqual({ 'spec.source.repositories': 'Line 1: no Line 3: neither', 'spec.destination.tag': 'wrong' });
  });
});
