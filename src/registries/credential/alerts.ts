import { type Audit, type Principal, requirePermission } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { describeErrorCode } from '../../core/error-codes.ts';
import { NotFound } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import { requireFor } from '../scope.ts';
import type { Registry } from '../types.ts';
import { dependents, type WantedAlert, wantedAlerts } from './alert-rules.ts';
import type { AlertStore } from './alert-store.ts';
import type { CredentialState } from './status.ts';
import type { Alert, AlertFilter, AlertLevel, AlertList, BlastRadius } from './types.ts';

export interface AlertsDeps {
  alerts: AlertStore;
  audit: Audit;
  events: HubEvents;
  clock: Clock;
  /** The registry if the principal may see it, else NotFound. */
  find: (principal: Principal, idOrName: string) => Promise<Registry>;
  blastRadius: (registry: Registry) => Promise<BlastRadius>;
}

const rank: Readonly<Record<AlertLevel, number>> = { critical: 0, warning: 1, notice: 2 };

/** What an operator has to see to before it hurts. An alert goes when its cause is gone, and comes up again when it gets worse. */
export class Alerts {
  readonly #deps: AlertsDeps;

  constructor(deps: AlertsDeps) {
    this.#deps = deps;
  }

  /** Those of registries that the caller may see, worst first. */
  async list(principal: Principal, filter: AlertFilter = {}): Promise<AlertList> {
    requirePermission(principal, 'registry:read', principal.projects.keys());
    const all = (await this.#deps.alerts.list(principal)).sort(byUrgency);
    const registry = filter.registry === undefined ? undefined : await this.#deps.find(principal, filter.registry);
    const open = all.filter((alert) => alert.acknowledgedAt === undefined);
    const of = (level: AlertLevel): number => open.filter((alert) => alert.level === level).length;
    const { level, acknowledged } = filter;
    return {
      items: all.filter(
        (alert) =>
          (!registry || alert.registry.id === registry.id) &&
          (level === undefined || rank[alert.level] <= rank[level]) &&
          (acknowledged === undefined || acknowledged === (alert.acknowledgedAt !== undefined)),
      ),
      counts: { open: open.length, notice: of('notice'), warning: of('warning'), critical: of('critical') },
    };
  }

  /** Of one registry, worst first. */
  async ofRegistry(registryId: string): Promise<Alert[]> {
    return (await this.#deps.alerts.ofRegistry(registryId)).sort(byUrgency);
  }

  /** Says that somebody sees to it. Whoever did so first stays named. */
  async acknowledge(principal: Principal, id: string): Promise<Alert> {
    const { alerts, audit, events, clock, find } = this.#deps;
    const gone = () => new NotFound('There is no such alert: its cause is gone, or it belongs to a registry that you may not see.');
    const found = await alerts.find(principal, id);
    if (!found) throw gone();
    requireFor(principal, 'registry:test', await find(principal, found.registry.id));
    const acknowledged = await alerts.transaction(async (trx) => {
      await alerts.lock(trx);
      const alert = await alerts.find(principal, id, trx);
      if (!alert) throw gone();
      if (alert.acknowledgedAt !== undefined) return alert;
      const after: Alert = { ...alert, acknowledgedAt: clock.now(), acknowledgedBy: principal.name };
      await alerts.put(trx, after);
      await audit.record({ principal, action: 'alert.acknowledge', target: targetOf(alert), detail: alert.message }, trx);
      return after;
    });
    events.emit('alert.changed', { id: found.registry.id });
    return acknowledged;
  }

  /** Raises, changes and clears the alerts of a registry as its state demands now. The same level is not raised twice. */
  async reconcile(registry: Registry, state: CredentialState): Promise<void> {
    const { alerts, audit, events, clock } = this.#deps;
    const now = clock.now();
    const wanted = wantedAlerts(registry, state, now);
    const before = await alerts.ofRegistry(registry.id);
    if (before.length === 0 && wanted.length === 0) return;
    if (wanted.every((one) => isSame(one, before)) && before.every((one) => wanted.some((other) => concernsSame(one, other)))) return;
    const radius = wanted.length > 0 ? await this.#deps.blastRadius(registry) : undefined;
    const changed = await alerts.transaction(async (trx) => {
      await alerts.lock(trx);
      const present = await alerts.ofRegistry(registry.id, trx);
      let changes = 0;
      for (const alert of present.filter((one) => !wanted.some((other) => concernsSame(one, other)))) {
        await alerts.remove(trx, alert.id);
        await audit.record({ action: 'alert.clear', target: targetOf(alert), detail: `No more: ${alert.message}` }, trx);
        changes++;
      }
      for (const one of wanted) {
        if (isSame(one, present)) continue;
        const known = present.find((other) => concernsSame(one, other));
        const message = `${one.message}${radius ? dependents(radius) : ''}`;
        const isNews = known?.level !== one.level || isEnd(known.code) !== isEnd(one.code);
        const alert: Alert = {
          ...one,
          message,
          id: known?.id ?? newId('alr', now),
          registry: { id: registry.id, name: registry.name },
          raisedAt: isNews || !known ? now : known.raisedAt,
          updatedAt: now,
          ...(!isNews && known?.acknowledgedAt !== undefined && { acknowledgedAt: known.acknowledgedAt }),
          ...(!isNews && known?.acknowledgedBy !== undefined && { acknowledgedBy: known.acknowledgedBy }),
        };
        await alerts.put(trx, alert);
        changes++;
        if (!isNews) continue;
        await audit.record(
          {
            action: 'alert.raise',
            target: targetOf(alert),
            outcome: one.code,
            detail: `${capital(one.level)}: ${message} ${describeErrorCode(one.code).help}`,
          },
          trx,
        );
      }
      return changes > 0;
    });
    if (changed) events.emit('alert.changed', { id: registry.id });
  }

  /** How many there are of each kind and level, of all registries: for operations. */
  counts(): Promise<{ kind: string; level: AlertLevel; count: number }[]> {
    return this.#deps.alerts.counts();
  }
}

function byUrgency(a: Alert, b: Alert): number {
  return rank[a.level] - rank[b.level] || (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity) || (a.id < b.id ? -1 : 1);
}

function concernsSame(a: Pick<Alert, 'kind' | 'subject'>, b: Pick<Alert, 'kind' | 'subject'>): boolean {
  return a.kind === b.kind && a.subject === b.subject;
}

/** Nothing of it changed; that something else depends on it is no change. */
function isSame(wanted: WantedAlert, present: readonly Alert[]): boolean {
  return present.some(
    (alert) =>
      concernsSame(alert, wanted) &&
      alert.level === wanted.level &&
      alert.code === wanted.code &&
      alert.dueAt === wanted.dueAt &&
      alert.message.startsWith(wanted.message),
  );
}

function isEnd(code: string): boolean {
  return code === 'secret_ended' || code === 'certificate_ended';
}

function targetOf({ registry }: Alert): { kind: string; id: string; name: string } {
  return { kind: 'registry', id: registry.id, name: registry.name };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
