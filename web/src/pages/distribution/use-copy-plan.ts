import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { useRegistries } from '../../api/queries.ts';
import type { CopyInput, CopyPlan } from '../../api/types.ts';
import { checkCopyDraft, type CopyDraft, copyInput } from '../../lib/copy-draft.ts';
import { type FieldErrors, problemFields } from '../../lib/draft-check.ts';

export interface CopyPlanState {
  /** Names as the rules make them, by destination. */
  names: readonly CopyPlan[];
  /** What would be done, by destination. */
  plans: readonly CopyPlan[];
  /** What the hub found wrong, by field of the request. */
  errors: FieldErrors;
  /** What went wrong and belongs to no field. */
  problem?: unknown;
  /** The plan is being made, or what is shown is of an earlier draft. */
  busy: boolean;
  /** A plan takes of the source's quota, so it is made only when asked for. */
  ask?: () => void;
}

/** What copies would make and move, as the draft stands: names at once, the rest a moment later. */
export function useCopyPlan(draft: CopyDraft): CopyPlanState {
  const registries = useRegistries();
  const complete = Object.keys(checkCopyDraft(draft)).length === 0;
  // How fast it goes and how it is checked changes nothing of what is moved.
  const { bandwidth: _speed, verify: _check, quotaReserve: _reserve, ...settings } = draft.settings;
  const text = JSON.stringify(copyInput({ ...draft, settings }));
  const [settledNames] = useDebouncedValue(text, 200);
  const [settled] = useDebouncedValue(text, 600);
  const [asked, setAsked] = useState<string>();
  const costly = registries.data?.items.find((each) => each.id === draft.source.registry)?.quota !== undefined;

  const names = useQuery({
    queryKey: ['copy-names', settledNames],
    queryFn: ({ signal }) => hub.planCopies(JSON.parse(settledNames) as CopyInput, { names: 'true' }, { signal }),
    enabled: complete && settledNames === text,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  const wanted = complete && names.error === null && (!costly || asked === text);
  const plan = useQuery({
    queryKey: ['copy-plan', settled],
    queryFn: ({ signal }) => hub.planCopies(JSON.parse(settled) as CopyInput, {}, { signal }),
    enabled: wanted && settled === text,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const error = complete ? (names.error ?? plan.error) : null;
  const problem = error === null ? undefined : problemOf(error);
  const errors = problemFields(problem);
  const current = complete && error === null;
  const outdated = plan.isPlaceholderData || settled !== text;
  return {
    names: current ? (names.data?.items ?? []) : [],
    plans: current && (!outdated || (wanted && !costly)) ? (plan.data?.items ?? []) : [],
    errors,
    ...(problem !== undefined && Object.keys(errors).length === 0 && { problem: error }),
    busy: wanted && (plan.isFetching || outdated),
    ...(costly && complete && asked !== text && { ask: () => setAsked(text) }),
  };
}
