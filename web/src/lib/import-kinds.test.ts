import { describe, expect, it } from 'vitest';
import type { ImportEntry } from '../api/types.ts';
import { guessKind, isTakeable, planWords, sortNotes } from './import-kinds.ts';

const entry = (action: ImportEntry['action']): ImportEntry => ({
  name: action,
  from: 'x',
  action,
  changes: [],
  input: { name: action },
  secrets: [],
  notes: [],
});

describe('imports on the page', () => {
  it.each([
    ['registries:\n- name: a\n  api_url: https://x\n  prefix: x', 'argocd-image-updater'],
    ['apiVersion: v1\nkind: ConfigMap\ndata:\n  registries.conf: |\n    registries:', 'argocd-image-updater'],
    ['{"auths":{"x":{}}}', 'docker-config'],
    ['kind: Secret\ntype: kubernetes.io/dockerconfigjson', 'kubernetes-secrets'],
    ['version: 1\ncreds:\n  - registry: x', 'regsync'],
    ['[{"name":"a","type":"docker-hub","url":"x","credential":{"type":"basic"}}]', 'harbor'],
    ['{"result":[{"id":"a","registryURL":"x","registryType":"ecr"}]}', 'devtron'],
    ['[{"reg_addr":"https://x","namespace":"t"}]', 'zadig'],
    ['hello', undefined],
  ])('sees what a text is: %s', (text, kind) => {
    expect(guessKind(text)).toBe(kind);
  });

  it('takes what can be taken, and what was completed', () => {
    expect(isTakeable(entry('create'))).toBe(true);
    const locked = { ...entry('create'), secrets: [{ field: 'password', label: 'Password', state: 'missing' as const }] };
    expect(isTakeable(locked)).toBe(false);
    expect(isTakeable(locked, { password: 'x' })).toBe(true);
    expect(isTakeable(entry('skip'))).toBe(false);
    expect(isTakeable(entry('invalid'))).toBe(false);
    expect(isTakeable(entry('invalid'), { password: '' })).toBe(false);
    expect(isTakeable(entry('invalid'), { password: 'x' })).toBe(true);
  });

  it('sums a plan up', () => {
    expect(planWords([entry('create'), entry('create'), entry('update'), entry('skip')])).toBe(
      '2 to connect, 1 to change, 1 left as it is',
    );
    expect(planWords([])).toBe('0 registries');
  });

  it('says first what is lost', () => {
    const notes = (['info', 'unmapped', 'warning'] as const).map((level) => ({ level, key: level, message: '' }));
    expect(sortNotes(notes).map(({ level }) => level)).toEqual(['unmapped', 'warning', 'info']);
  });
});
