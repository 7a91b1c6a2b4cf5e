import { Tooltip } from '@mantine/core';
import { Link } from 'wouter';
import { useAlerts } from '../api/queries.ts';
import type { Registry } from '../api/types.ts';
import { levelChips, openByRegistry } from '../lib/alerts.ts';
import { paths } from '../lib/paths.ts';
import { plural } from '../lib/format.ts';
import { Chip } from './bits.tsx';
import { IconBell } from './icons.tsx';
import styles from './alert-list.module.css';

/** What is open at a registry, as a mark beside its name; nothing where there is nothing. */
export function AlertMark({ registry }: { registry: Registry }) {
  const alerts = useAlerts();
  const open = openByRegistry(alerts.data?.items ?? []).get(registry.id);
  if (!open) return null;
  return (
    <Tooltip label={open.worst.message} maw={360}>
      <Link href={paths.registry(registry.name, 'credential')} className={styles.mark}>
        <Chip kind={levelChips[open.worst.level]}>
          <span className={styles.markText}>
            <IconBell size={12} /> {plural(open.count, 'alert')}
          </span>
        </Chip>
      </Link>
    </Tooltip>
  );
}
