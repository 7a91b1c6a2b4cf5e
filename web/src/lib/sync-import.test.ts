import { describe, expect, it } from 'vitest';
import { canTake, guessFormat, type ImportedRule, missingEnds, otherFaults, ruleFormats, withEnds } from './sync-import.ts';

const entry = (patch: Partial<ImportedRule> = {}): ImportedRule => ({
  name: 'shop-api',
  from: 'regsync.yml, sync[0]',
  outcome: 'planned',
  spec: { source: { registry: 'reg_a', repositories: ['shop/api'] }, destination: { registry: 'mirror.example.com' } },
  notes: [],
  ...patch,
});
const known = new Set(['reg_a', 'reg_b']);
const notConnected = { field: 'spec.destination.registry', message: 'not connected' };

describe('imported rules', () => {
  it('show their format', () => {
    for (const { format, placeholder } of ruleFormats) expect(guessFormat(placeholder)).toBe(format);
    expect(guessFormat('registries: []')).toBeUndefined();
  });
  it('can be taken once their registries are chosen', () => {
    const failed = entry({ outcome: 'failed', problem: { code: 'invalid_settings', detail: 'no', fields: [notConnected] } });
    expect(missingEnds(failed.spec, known)).toEqual(['destination']);
    expect(canTake(failed, {}, known)).toBe(false);
    expect(canTake(failed, { destination: 'reg_b' }, known)).toBe(true);
    expect(withEnds(failed.spec, { destination: 'reg_b' }).destination).toEqual({ registry: 'reg_b' });
  });
  it('cannot be taken when more is wrong', () => {
    const fault = { field: 'spec.source.tags.include.0', message: 'no pattern' };
    const failed = entry({ outcome: 'failed', problem: { code: 'invalid_settings', detail: 'no', fields: [notConnected, fault] } });
    expect(otherFaults(failed)).toEqual([fault]);
    expect(canTake(failed, { destination: 'reg_b' }, known)).toBe(false);
    const other = entry({ outcome: 'failed', problem: { code: 'forbidden', detail: 'You may not.', help: 'Ask.' } });
    expect(otherFaults(other)).toEqual([{ field: '', message: 'You may not. Ask.' }]);
  });
});
