import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { hub } from '../../api/client.ts';
import type { SyncReport, SyncSpec } from '../../api/types.ts';
import { planRelevant } from '../../lib/sync-draft.ts';

export interface DraftPlan {
  pending: boolean;
  report: SyncReport | undefined;
  error: unknown;
  /** The settings are no longer those that were planned. */
  outdated: boolean;
  /** A plan of the settings as they are now was made. */
  current: boolean;
  start: (spec: SyncSpec, onFailure: (error: unknown) => void) => void;
  cancel: () => void;
}

/** Plans of settings that are not saved, one at a time; the last one is shown. */
export function useDraftPlan(spec: SyncSpec): DraftPlan {
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);
  const plan = useMutation({
    mutationFn: async (wanted: SyncSpec) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      return { report: await hub.planSync({ spec: wanted }, { signal: controller.signal }), of: planRelevant(wanted) };
    },
  });
  const current = plan.data?.of === planRelevant(spec);
  return {
    pending: plan.isPending,
    report: plan.data?.report,
    error: plan.error,
    outdated: plan.data !== undefined && !current,
    current,
    start: (wanted, onFailure) => plan.mutate(wanted, { onError: onFailure }),
    cancel: () => {
      running.current?.abort();
      plan.reset();
    },
  };
}
