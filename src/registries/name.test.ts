import { describe, expect, it } from 'vitest';
import { newId } from '../core/ids.ts';
import { nameProblem, suggestName } from './name.ts';

describe('nameProblem', () => {
  it.each(['prod', 'Prod-ECR', 'a.b_c-9', '0', 'x'.repeat(64)])('accepts %s', (name) => expect(nameProblem(name)).toBeUndefined());
  it.each(['', '-a', '.a', 'a/b', 'a b', 'ü', 'a:b', 'x'.repeat(65), newId('reg')])('refuses %s', (name) =>
    expect(nameProblem(name)).toBeTypeOf('string'),
  );
});

describe('suggestName', () => {
  it.each([
    ['ghcr.io', 'acme', 'ghcr-acme'],
    ['registry.acme.test', undefined, 'acme'],
    ['localhost:5000', undefined, 'localhost'],
    ['registry.k8s.io', undefined, 'k8s'],
    ['127.0.0.1:5000', undefined, 'harbor-5000'],
    ['10.1.2.3', 'team', 'harbor-team'],
    ['[::1]:5000', undefined, 'harbor-5000'],
    ['[2001:db8::5]', undefined, 'harbor'],
  ])('makes one of %s and %s', (host, namespace, expected) => {
    const name = suggestName(host, namespace, new Set(), 'harbor');
    expect(name).toBe(expected);
    expect(nameProblem(name)).toBeUndefined();
  });

  it('leaves out what is taken', () => {
    expect(suggestName('ghcr.io', 'acme', new Set(['ghcr-acme', 'ghcr-acme-2']))).toBe('ghcr-acme-3');
  });
});
