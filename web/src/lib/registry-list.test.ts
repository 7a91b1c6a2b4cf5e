import { describe, expect, it } from 'vitest';
import type { Registry } from '../api/types.ts';
import { secretEnd, selectRegistries } from './registry-list.ts';

const registry = (name: string, more: object = {}) =>
  ({
    name,
    host: `${name}.example`,
    prefix: `${name}.example`,
    namespace: '',
    description: '',
    provider: 'generic',
    allProjects: true,
    projects: [],
    state: { state: 'ok' },
    ...more,
  }) as unknown as Registry;

const all = [
  registry('beta', { repositoryCount: 4 }),
  registry('alpha', { provider: 'ecr', state: { state: 'failing' }, credential: { kind: 'basic', expiresAt: '2026-03-04T12:00:00Z' } }),
  registry('gamma 10', { allProjects: false, projects: ['p1'], repositoryCount: 148 }),
  registry('gamma 9', { state: { state: 'degraded' }, description: 'Team mirror' }),
];
const names = (filter: Partial<Parameters<typeof selectRegistries>[1]>) =>
  selectRegistries(all, { text: '', sort: 'state', ...filter }).map((each) => each.name);

describe('the list of registries', () => {
  it('puts what fails first, then by name with numbers in order', () => {
    expect(names({})).toEqual(['alpha', 'gamma 9', 'beta', 'gamma 10']);
    expect(names({ sort: 'name' })).toEqual(['alpha', 'beta', 'gamma 9', 'gamma 10']);
  });
  it('sorts unknown values last', () => {
    expect(names({ sort: 'expiry' })[0]).toBe('alpha');
    expect(names({ sort: '-repositories' }).slice(0, 2)).toEqual(['gamma 10', 'beta']);
    expect(names({ sort: 'repositories' }).slice(0, 2)).toEqual(['beta', 'gamma 10']);
  });
  it('sorts what ends by itself and what somebody stated alike, certificates aside', () => {
    const ends = [
      { at: '2026-01-01T00:00:00Z', from: 'certificate' },
      { at: '2026-02-01T00:00:00Z', from: 'token' },
    ];
    const told = registry('told', { credential: { kind: 'basic', ends } });
    expect(secretEnd(told)).toBe('2026-02-01T00:00:00Z');
    expect(secretEnd(registry('stated', { secretEndsAt: '2026-05-01T00:00:00Z' }))).toBe('2026-05-01T00:00:00Z');
    const sorted = selectRegistries([...all, told], { text: '', sort: 'expiry' });
    expect(sorted.slice(0, 2).map((each) => each.name)).toEqual(['told', 'alpha']);
  });
  it('filters by words, provider, state and project', () => {
    expect(names({ text: 'MIRROR team' })).toEqual(['gamma 9']);
    expect(names({ provider: 'ecr' })).toEqual(['alpha']);
    expect(names({ state: 'ok' })).toEqual(['beta', 'gamma 10']);
    expect(names({ project: 'p2' })).toEqual(['alpha', 'gamma 9', 'beta']);
    expect(names({ project: 'p1' })).toContain('gamma 10');
  });
});
