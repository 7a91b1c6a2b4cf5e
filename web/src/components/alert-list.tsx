import { useMutation, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { Link } from 'wouter';
import { hub } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import { keys, useMay } from '../api/queries.ts';
import type { Alert } from '../api/types.ts';
import { levelChips, levelWords, sortAlerts } from '../lib/alerts.ts';
import { paths } from '../lib/paths.ts';
import { useNow } from '../lib/use-now.ts';
import { Ago } from './ago.tsx';
import styles from './alert-list.module.css';
import { Chip } from './bits.tsx';
import { BusyButton } from './busy-button.tsx';

/** Alerts, the worst that nobody has seen to first: what it is, what to do, and who sees to it. */
export function AlertList({ alerts, label, withRegistry = false }: { alerts: readonly Alert[]; label: string; withRegistry?: boolean }) {
  return (
    <ul className={styles.list} aria-label={label}>
      {sortAlerts(alerts).map((alert) => (
        <AlertItem key={alert.id} alert={alert} withRegistry={withRegistry} />
      ))}
    </ul>
  );
}

function AlertItem({ alert, withRegistry }: { alert: Alert; withRegistry: boolean }) {
  const may = useMay();
  const client = useQueryClient();
  const now = useNow();
  const acknowledge = useMutation({
    mutationFn: () => hub.acknowledgeAlert(alert.id),
    onSuccess: () =>
      Promise.all([client.invalidateQueries({ queryKey: keys.alerts }), client.invalidateQueries({ queryKey: ['credential'] })]),
    onError: (error) => notifications.show({ color: 'red', message: problemOf(error).detail }),
  });
  const seen = alert.acknowledgedAt !== undefined;
  return (
    <li className={`${styles.item} ${styles[alert.level]} ${seen ? styles.seen : ''}`}>
      <div className={styles.head}>
        <Chip kind={seen ? 'plain' : levelChips[alert.level]}>{levelWords[alert.level]}</Chip>
        {withRegistry && <Link href={paths.registry(alert.registry.name, 'credential')}>{alert.registry.name}</Link>}
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          raised <Ago time={alert.raisedAt} />
          {alert.dueAt !== undefined && (
            <>
              {' · '}
              {Date.parse(alert.dueAt) > now ? 'due' : 'was due'} <Ago time={alert.dueAt} />
            </>
          )}
        </span>
      </div>
      <p className={styles.message}>{alert.message}</p>
      <p className="dim">{alert.help}</p>
      {seen ? (
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          {alert.acknowledgedBy === undefined ? 'Somebody' : alert.acknowledgedBy} acknowledged it <Ago time={alert.acknowledgedAt} />
        </span>
      ) : (
        may('registry:test') && (
          <BusyButton size="compact-sm" variant="default" busy={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
            Acknowledge
            <span className="visually-hidden">: {alert.message}</span>
          </BusyButton>
        )
      )}
    </li>
  );
}
