import { ActionIcon, Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { Link } from 'wouter';
import { problemOf } from '../../api/problem.ts';
import { useMay } from '../../api/queries.ts';
import type { SyncRule } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { IconMore, IconPencil, IconPlay, IconTrash } from '../../components/icons.tsx';
import { paths } from '../../lib/paths.ts';
import { isOpen } from '../../lib/sync-words.ts';
import { RemoveRuleDialog } from './remove-rule-dialog.tsx';
import { useEnable, useStartRun } from './use-start-run.ts';

/** What can be done with a rule. A plan comes first: before it, neither a run nor a start is offered. */
export function RuleActions({ rule }: { rule: SyncRule }) {
  const may = useMay();
  const [removing, setRemoving] = useState(false);
  const start = useStartRun(rule);
  const enable = useEnable(rule);
  const complain = (error: unknown) => {
    const { detail, help } = problemOf(error);
    notifications.show({ color: 'red', message: [detail, help].filter(Boolean).join(' ') });
  };
  if (!may('sync:write')) return null;
  const open = isOpen(rule.lastRun);
  const seen = rule.planned || rule.enabled;
  return (
    <>
      {seen && (
        <BusyButton
          variant="default"
          busy={start.isPending && start.variables === 'plan'}
          disabled={open}
          onClick={() => start.mutate('plan', { onError: complain })}
        >
          Plan
        </BusyButton>
      )}
      {seen && (
        <BusyButton
          variant="default"
          leftSection={<IconPlay />}
          busy={start.isPending && start.variables === 'run'}
          disabled={open}
          onClick={() => start.mutate('run', { onError: complain })}
        >
          Run now
        </BusyButton>
      )}
      {rule.enabled && (
        <BusyButton variant="default" busy={enable.isPending} onClick={() => enable.mutate(false, { onError: complain })}>
          Pause
        </BusyButton>
      )}
      <Button component={Link} href={paths.syncRuleEdit(rule.id)} variant="default" leftSection={<IconPencil />}>
        Edit
      </Button>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More actions">
            <IconMore />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconTrash />} c="var(--bad-text)" onClick={() => setRemoving(true)}>
            Remove…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {removing && <RemoveRuleDialog rule={rule} onClose={() => setRemoving(false)} />}
    </>
  );
}
