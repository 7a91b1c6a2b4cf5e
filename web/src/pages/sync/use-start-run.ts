import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { SyncRule, SyncRun } from '../../api/types.ts';
import { paths } from '../../lib/paths.ts';
import { keepRule, refreshRule } from './use-sync.ts';

/** Plans or runs a rule now, and shows that. */
export function useStartRun(rule: SyncRule) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (kind: SyncRun['kind']) => hub.startSyncRun(rule.id, { kind }),
    onSuccess: (run) => {
      client.setQueryData(keys.syncRun(run.id), run);
      client.setQueryData<SyncRule>(keys.syncRule(rule.id), (known) => known && { ...known, lastRun: run });
      // A run that was chosen before gives way to the new one.
      navigate(paths.syncRule(rule.id), { replace: true });
    },
    onSettled: () => refreshRule(client, rule.id),
  });
}

/** Lets a rule run by itself, or stops that. */
export function useEnable(rule: SyncRule) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (enabled: boolean) => hub.updateSyncRule(rule.id, { enabled }, { ifMatch: rule.version }),
    onSuccess: (saved) => keepRule(client, saved),
    onError: () => refreshRule(client, rule.id),
  });
}
