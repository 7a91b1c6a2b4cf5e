import type { Alert } from '../api/types.ts';

export type AlertLevel = Alert['level'];

export const alertLevels: readonly AlertLevel[] = ['critical', 'warning', 'notice'];
export const levelWords: Readonly<Record<AlertLevel, string>> = { critical: 'Critical', warning: 'Warning', notice: 'Notice' };
export const levelChips = { critical: 'bad', warning: 'warn', notice: 'accent' } as const;

const rank = (alert: Alert) => alertLevels.indexOf(alert.level);

/** Open ones first, worst first, then what is due first. */
export function sortAlerts(alerts: readonly Alert[]): Alert[] {
  const due = (alert: Alert) => (alert.dueAt === undefined ? 0 : Date.parse(alert.dueAt));
  return alerts.toSorted(
    (a, b) => Number(a.acknowledgedAt !== undefined) - Number(b.acknowledgedAt !== undefined) || rank(a) - rank(b) || due(a) - due(b),
  );
}

/** Of every registry that has open alerts: the worst of them, and how many there are. */
export function openByRegistry(alerts: readonly Alert[]): ReadonlyMap<string, { worst: Alert; count: number }> {
  const found = new Map<string, { worst: Alert; count: number }>();
  for (const alert of sortAlerts(alerts)) {
    if (alert.acknowledgedAt !== undefined) continue;
    const known = found.get(alert.registry.id);
    found.set(alert.registry.id, known ? { ...known, count: known.count + 1 } : { worst: alert, count: 1 });
  }
  return found;
}

/** The worst level of what nobody has acknowledged; undefined for none. */
export function worstOpen(counts: Readonly<Record<AlertLevel, number>> | undefined): AlertLevel | undefined {
  return counts && alertLevels.find((level) => counts[level] > 0);
}
