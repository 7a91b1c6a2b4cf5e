import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { Page, SyncRule } from '../../api/types.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { paths } from '../../lib/paths.ts';

/** Removes a rule: says what goes with it, and what stays. */
export function RemoveRuleDialog({ rule, onClose }: { rule: SyncRule; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const remove = useMutation({
    mutationFn: () => hub.deleteSyncRule(rule.id, { ifMatch: rule.version }),
    onSuccess: () => {
      client.setQueryData<Page<SyncRule>>(
        keys.syncRules,
        (list) => list && { ...list, items: list.items.filter((each) => each.id !== rule.id) },
      );
      notifications.show({ message: `${rule.name} was removed.` });
      navigate(paths.syncRules);
      client.removeQueries({ queryKey: keys.syncRule(rule.id) });
      void client.invalidateQueries({ queryKey: keys.syncRules });
    },
  });
  return (
    <ConfirmDialog
      title={`Remove ${rule.name}`}
      action="Remove the rule"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p style={{ margin: 0 }}>
        Tagboat forgets the rule and the history of its runs. What it has copied to <strong>{rule.destination.name}</strong> stays there;
        from now on nothing keeps it in step{rule.spec.mode === 'mirror' ? ', and nothing is deleted there any more' : ''}.
      </p>
    </ConfirmDialog>
  );
}
