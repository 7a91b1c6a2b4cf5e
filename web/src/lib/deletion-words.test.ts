import { describe, expect, it } from 'vitest';
import type { DeletionOutcome } from '../api/types.ts';
import { goingWords, remainsWords, usageWords, uses } from './deletion-words.ts';

const outcome: DeletionOutcome = {
  references: ['1.8.2'],
  digest: 'sha256:00',
  mediaType: 'application/vnd.oci.image.index.v1+json',
  tags: ['1.8.2'],
  manifest: false,
  sharedWith: ['1.8', 'latest'],
  orphans: { images: [], referrers: [], tags: [] },
  usedBy: [],
  outcome: 'planned',
};

describe('deletions in words', () => {
  it('says what goes and what stays', () => {
    expect(goingWords(outcome)).toBe('The tag 1.8.2 goes. The image stays.');
    expect(remainsWords(outcome)).toEqual(['The same image stays as 1.8, latest.']);
    const whole = { ...outcome, manifest: true, tags: ['1.8', '1.8.2'], sharedWith: [] };
    expect(goingWords(whole)).toBe('2 tags go: 1.8, 1.8.2, and the image itself with them.');
    const orphans = { images: ['sha256:01'], referrers: [{ digest: 'sha256:02' }], tags: ['sha256-00.sig'] };
    expect(remainsWords({ ...whole, orphans })).toEqual([
      '1 image of this index will have no name any more.',
      '1 signature, SBOM or attestation of it will refer to nothing.',
      'Cosign’s tag sha256-00.sig will refer to nothing.',
    ]);
  });

  it('counts tags that were chosen to go along for no use, and everything else for one', () => {
    const rule = { kind: 'sync-rule', id: 'syr_1', name: 'mirror the shop' };
    const tag = { kind: 'tag', id: '1.8.2', name: '1.8.2' };
    const other = { kind: 'tag', id: 'latest', name: 'latest' };
    expect(uses({ ...outcome, usedBy: [tag, other, rule] })).toEqual([other, rule]);
    expect(usageWords(rule)).toBe('the sync rule mirror the shop needs it');
    expect(usageWords({ kind: 'environment', id: 'e', name: 'prod' })).toBe('environment prod');
  });
});
