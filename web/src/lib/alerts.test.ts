import { describe, expect, it } from 'vitest';
import type { Alert } from '../api/types.ts';
import { openByRegistry, sortAlerts, worstOpen } from './alerts.ts';

const alert = (id: string, level: Alert['level'], more: Partial<Alert> = {}): Alert => ({
  id,
  registry: { id: 'r1', name: 'prod' },
  kind: 'credential-ends',
  subject: 'secret',
  level,
  code: 'credential_ends',
  message: '',
  help: '',
  raisedAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  ...more,
});
const seen = { acknowledgedAt: '2026-01-02T00:00:00Z' };

describe('alerts', () => {
  it('come open first, then worst, then due', () => {
    const all = [
      alert('seen', 'critical', seen),
      alert('notice', 'notice'),
      alert('late', 'warning', { dueAt: '2026-03-01T00:00:00Z' }),
      alert('soon', 'warning', { dueAt: '2026-02-01T00:00:00Z' }),
      alert('worst', 'critical'),
    ];
    expect(sortAlerts(all).map(({ id }) => id)).toEqual(['worst', 'soon', 'late', 'notice', 'seen']);
  });

  it('mark a registry with its worst open one', () => {
    const other = { registry: { id: 'r2', name: 'lab' } };
    const marks = openByRegistry([alert('a', 'notice'), alert('b', 'critical'), alert('c', 'critical', { ...other, ...seen })]);
    expect(marks.get('r1')).toMatchObject({ worst: { id: 'b' }, count: 2 });
    expect(marks.has('r2')).toBe(false);
  });

  it('have a worst level only while somebody has to look', () => {
    expect(worstOpen({ notice: 2, warning: 1, critical: 0 })).toBe('warning');
    expect(worstOpen({ notice: 0, warning: 0, critical: 0 })).toBeUndefined();
  });
});
