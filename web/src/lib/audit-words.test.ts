import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../api/types.ts';
import { auditVerb, byDay, namesTarget } from './audit-words.ts';

describe('audit entries', () => {
  it('read as sentences', () => {
    expect(auditVerb('registry.create')).toBe('connected');
    expect(auditVerb('widget.spin-around')).toBe('spin around');
  });
  it('name their target only when it says something', () => {
    const entry = (action: string, target?: string) =>
      ({
        action,
        actor: { kind: 'user', name: 'ana' },
        ...(target === undefined ? {} : { target: { kind: 'x', name: target } }),
      }) as AuditEntry;
    expect(namesTarget(entry('session.login', 'ana'))).toBe(false);
    expect(namesTarget(entry('registry.create', 'prod'))).toBe(true);
    expect(namesTarget(entry('registry.create'))).toBe(false);
  });
  it('are grouped by day in their order', () => {
    const at = (time: string) => ({ at: time }) as AuditEntry;
    const days = byDay([at('2026-03-04T12:00:00'), at('2026-03-04T09:00:00'), at('2026-03-03T12:00:00')]);
    expect(days.map((day) => [day.day, day.entries.length])).toEqual([
      ['Wednesday, 4 March 2026', 2],
      ['Tuesday, 3 March 2026', 1],
    ]);
  });
});
