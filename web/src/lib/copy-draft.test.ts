import { describe, expect, it } from 'vitest';
import { checkCopyDraft, type CopyDraft, copyInput, errorAt, newDestination, ownVariables, splitTags } from './copy-draft.ts';

const draft: CopyDraft = {
  source: { registry: 'reg_1', repository: 'shop/api', reference: '1.8.2' },
  destinations: [{ key: 1, registry: 'reg_2', repository: '{service}/{name}', tags: '{tag}-{date:yyyyMMdd}, stable' }],
  settings: {},
  variables: { service: ' web ', unused: 'x' },
};

describe('a copy as it is being asked for', () => {
  it('becomes a request with one tag rule each, and without values that no rule uses', () => {
    expect(copyInput(draft)).toEqual({
      source: draft.source,
      destinations: [{ registry: 'reg_2', repository: '{service}/{name}', tags: ['{tag}-{date:yyyyMMdd}', 'stable'] }],
      variables: { service: 'web' },
    });
    expect(copyInput({ ...draft, settings: { referrers: true } }, 'promotion')).toMatchObject({
      cause: 'promotion',
      settings: { referrers: true },
    });
  });

  it('finds the variables that a person has to give', () => {
    expect(ownVariables([{ repository: '{project}/{repository/shop/prod}', tags: '{tag#v} {digest:12} {stage}' }])).toEqual([
      'project',
      'stage',
    ]);
    expect(checkCopyDraft({ ...draft, variables: {} })).toEqual({ 'variables.service': 'Say what {service} stands for.' });
    expect(checkCopyDraft(draft)).toEqual({});
  });

  it('says what is missing at its field', () => {
    const empty = checkCopyDraft({ ...draft, source: { registry: '', repository: ' ', reference: '' }, destinations: [] });
    expect(Object.keys(empty)).toEqual(['source.registry', 'source.repository', 'source.reference', 'destinations']);
  });

  it('begins another destination with the names of the last one, and never twice with one key', () => {
    const first = newDestination({ ...draft, destinations: [] }, 'reg_2');
    expect(first).toEqual({ key: 1, registry: 'reg_2', repository: '{repository}', tags: '{tag}' });
    expect(newDestination(draft, 'reg_3')).toMatchObject({ key: 2, registry: 'reg_3', repository: '{service}/{name}' });
    const digest = { ...draft.source, reference: 'sha256:00' };
    expect(newDestination({ source: digest, destinations: [] }, 'reg_2').tags, 'a digest has no tag to keep').toBe('');
  });

  it('takes tags apart', () => {
    expect(splitTags(' {tag},stable  latest, ')).toEqual(['{tag}', 'stable', 'latest']);
    expect(splitTags(' ')).toEqual([]);
  });

  it('shows the message of a part at the whole field', () => {
    const errors = { 'destinations.0.tags.1': 'wrong', 'destinations.10.tags': 'other' };
    expect(errorAt(errors, 'destinations.0.tags')).toBe('wrong');
    expect(errorAt(errors, 'destinations.1.tags')).toBeUndefined();
  });
});
