import { expect, it } from 'vitest';
import { systemPrincipal } from '../access/index.ts';
import { FakeClock } from '../testing/index.ts';
import { RecentReports } from './recent-reports.ts';
import type { DoctorReport } from './types.ts';

const report: DoctorReport = { state: 'ok', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1, summary: 'fine', steps: [] };
const input = { name: 'a', url: 'registry.acme.io', fields: { username: 'ci', password: 'one' } };

it('answers the report on the very same, once, and not for long', async () => {
  const clock = new FakeClock();
  const reports = new RecentReports(clock);
  const keep = () => reports.remember(systemPrincipal, input, report);
  keep();
  expect(reports.take(systemPrincipal, { ...input, fields: { username: 'ci', password: 'two' } })).toBeUndefined();
  expect(reports.take({ ...systemPrincipal, id: 'usr_2' }, input)).toBeUndefined();
  expect(reports.take(systemPrincipal, { ...input, name: 'b', description: 'renamed on the way' })).toBe(report);
  expect(reports.take(systemPrincipal, input)).toBeUndefined();
  keep();
  await clock.advance(5 * 60_000 + 1);
  expect(reports.take(systemPrincipal, input)).toBeUndefined();
  keep();
  for (let count = 0; count < 200; count++) reports.remember(systemPrincipal, { ...input, url: `${count}.acme.io` }, report);
  expect(reports.take(systemPrincipal, input)).toBeUndefined();
});
