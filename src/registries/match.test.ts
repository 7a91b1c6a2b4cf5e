import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MatchCandidate, rankMatches } from './match.ts';
import { parsePrefix } from './prefix.ts';

const candidate = (prefix: string, more: Partial<MatchCandidate> = {}): MatchCandidate => ({
  prefix,
  hosts: [prefix.split('/')[0] ?? ''],
  default: false,
  createdAt: 0,
  ...more,
});
const ranked = (host: string, repository: string, candidates: MatchCandidate[]) =>
  rankMatches(host, repository, candidates).map((one) => one.prefix);

describe('rankMatches', () => {
  const all = [
    candidate('ghcr.io'),
    candidate('ghcr.io/org-a'),
    candidate('ghcr.io/org-a/team'),
    candidate('ghcr.io/org'),
    candidate('ghcr.io:8443'),
  ];

  it('orders by how many components match', () => {
    expect(ranked('ghcr.io', 'org-a/team/app', all)).toEqual(['ghcr.io/org-a/team', 'ghcr.io/org-a', 'ghcr.io']);
    expect(ranked('GHCR.io', 'org-a', all)).toEqual(['ghcr.io/org-a', 'ghcr.io']);
  });

  it('never ends inside a component, and minds the port', () => {
    expect(ranked('ghcr.io', 'org-b/app', all)).toEqual(['ghcr.io']);
    expect(ranked('ghcr.io:8443', 'org-a/app', all)).toEqual(['ghcr.io:8443']);
    expect(ranked('ghcr.io.evil.test', 'org-a/app', all)).toEqual([]);
  });

  it('knows the other names of a host', () => {
    const hub = candidate('docker.io/acme', { hosts: ['registry-1.docker.io', 'docker.io', 'index.docker.io'] });
    expect(ranked('index.docker.io', 'acme/app', [hub])).toEqual(['docker.io/acme']);
    expect(ranked('docker.io', 'library/alpine', [hub])).toEqual([]);
  });

  it('prefers the default, then the oldest, among equals', () => {
    const [old, young, chosen] = [
      candidate('x.test', { createdAt: 1 }),
      candidate('x.test', { createdAt: 2 }),
      candidate('x.test', { createdAt: 3, default: true }),
    ];
    expect(rankMatches('x.test', 'a', [young, old, chosen])).toEqual([chosen, old, young]);
  });

  it('finds what a prefix and more components make', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), fc.array(part, { minLength: 1, maxLength: 3 }), (path, rest) => {
        const prefix = ['x.test', ...path].join('/');
        expect(ranked('x.test', [...path, ...rest].join('/'), [candidate(prefix)])).toEqual([prefix]);
      }),
    );
  });
});

describe('parsePrefix', () => {
  it.each([
    ['GHCR.io/org-a/', 'ghcr.io/org-a'],
    ['https://registry.test:5000', 'registry.test:5000'],
    ['docker.io', 'docker.io'],
  ])('reads %s', (typed, expected) => expect(parsePrefix(typed)).toBe(expected));

  it.each(['ghcr.io/Org', 'ghcr.io/a b', 'u:p@ghcr.io', ''])('refuses %s at its field', (typed) => {
    expect(() => parsePrefix(typed)).toThrow(expect.objectContaining({ fields: [expect.objectContaining({ field: 'prefix' })] }) as Error);
  });
});
