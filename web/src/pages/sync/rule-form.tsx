import { Button, Checkbox, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { ApiError, problemOf } from '../../api/problem.ts';
import type { SyncRule } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { IconPlay } from '../../components/icons.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { type FieldErrors, problemFields } from '../../lib/draft-check.ts';
import { focusFault } from '../../lib/focus-fault.ts';
import { plural } from '../../lib/format.ts';
import { checkRule, placeErrors, planRelevant, type RuleDraft, specChange, specOf } from '../../lib/sync-draft.ts';
import { planSentence } from '../../lib/sync-words.ts';
import connect from '../connect/connect.module.css';
import { DestinationSection } from './destination-section.tsx';
import { OptionsSection } from './options-section.tsx';
import { PlanPanel } from './plan-panel.tsx';
import { ScheduleSection } from './schedule-section.tsx';
import { SourceSection } from './source-section.tsx';
import { useDraftPlan } from './use-draft-plan.ts';
import { useNames } from './use-names.ts';

export interface SaveOptions {
  enabled: boolean;
  /** Although nobody has seen a plan of it. */
  unseen: boolean;
}

interface RuleFormProps {
  initial: RuleDraft;
  /** The rule as it is stored, in an edit. */
  saved?: SyncRule;
  onSave: (draft: RuleDraft, options: SaveOptions) => Promise<SyncRule>;
  onSaved: (rule: SyncRule) => void;
  /** Shown in place of the general words for a failed save, e.g. when somebody else was faster. */
  explainFailure?: (error: ApiError, draft: RuleDraft) => ReactNode;
}

/** The form of a sync rule, with the plan of what is typed beside it. */
export function RuleForm({ initial, saved, onSave, onSaved, explainFailure }: RuleFormProps) {
  const [draft, setDraft] = useState(initial);
  const [enabled, setEnabled] = useState(saved?.enabled ?? true);
  const [checked, setChecked] = useState<FieldErrors>({});
  const [refused, setRefused] = useState<{ draft: RuleDraft; errors: FieldErrors }>();
  const form = useRef<HTMLFormElement>(null);
  // Of a saved rule what will be sent: a plan counts for the very settings that it was made of.
  const spec = saved ? (specChange(saved, draft) ?? saved.spec) : specOf(draft);
  const plan = useDraftPlan(spec);
  const names = useNames(draft.source);
  // Where the plan is below the form, the buttons that stay in sight say what came of it.
  const stacked = useMediaQuery('(max-width: 75em)') ?? false;
  const save = useMutation({
    mutationFn: (options: SaveOptions) => onSave(draft, options),
    onSuccess: onSaved,
    onError: (error) => refuse(error),
  });

  const change = (patch: Partial<RuleDraft>) => setDraft((previous) => ({ ...previous, ...patch }));
  // What was said of a field is forgotten as soon as it can no longer be true.
  const errors: Record<string, string> = {};
  const now = checkRule(draft);
  for (const path of Object.keys(checked)) if (now[path] !== undefined) errors[path] = now[path];
  if (refused)
    for (const [path, message] of Object.entries(refused.errors)) if (sameAt(path, refused.draft, draft)) errors[path] ??= message;

  function refuse(error: unknown) {
    const found = placeErrors(problemFields(problemOf(error)));
    setRefused({ draft, errors: found });
    if (Object.keys(found).length > 0) focusFault(form.current);
  }
  const complete = (needsName: boolean) => {
    const { name, ...others } = checkRule(draft);
    const found = { ...(needsName && name !== undefined && { name }), ...others };
    setChecked(found);
    if (Object.keys(found).length > 0) focusFault(form.current);
    return Object.keys(found).length === 0;
  };
  const showPlan = () => {
    if (complete(false)) plan.start(spec, refuse);
  };
  // What the plan said counts while the settings are the same; that of a saved rule as long as nothing but the time was changed.
  const seen = plan.current || (saved?.planned === true && planRelevant(spec) === planRelevant(saved.spec));
  const starts = enabled && draft.schedule !== 'hand';
  const submit = (unseen: boolean) => {
    if (complete(true)) save.mutate({ enabled: starts && (seen || unseen || saved?.enabled === true), unseen });
  };
  const failure = save.error instanceof ApiError ? explainFailure?.(save.error, draft) : undefined;
  const needsPlan = save.error instanceof ApiError && save.error.problem.code === 'sync_plan_needed';
  const unplaced = save.error !== null && Object.keys(problemFields(problemOf(save.error))).length === 0;

  return (
    <div className={connect.columns}>
      <form
        ref={form}
        className={connect.form}
        noValidate
        aria-label={saved ? `Edit ${saved.name}` : 'New sync rule'}
        onSubmit={(event) => {
          event.preventDefault();
          submit(false);
        }}
      >
        <TextInput
          label="Name"
          description="What it keeps in step, as your team would say it."
          placeholder="Releases to the cluster in Frankfurt"
          data-field="name"
          autoComplete="off"
          autoFocus={saved === undefined}
          value={draft.name}
          error={errors.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <SourceSection draft={draft} errors={errors} onChange={change} names={names} />
        <DestinationSection draft={draft} errors={errors} onChange={change} names={names} />
        <ScheduleSection draft={draft} errors={errors} onChange={change} />
        <OptionsSection draft={draft} errors={errors} onChange={change} />
        {draft.schedule !== 'hand' && (
          <Checkbox
            label={saved?.enabled === true ? 'It runs by itself' : 'Start it when it is saved'}
            description={
              seen
                ? 'It may: its plan was made.'
                : saved?.enabled === true
                  ? 'What it does was changed: show the plan before it is saved.'
                  : 'For that, its plan has to be looked at first; until then it is saved without being started.'
            }
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
        )}
        {needsPlan && !plan.current ? (
          <Notice kind="warning" role="alert">
            <div style={{ display: 'grid', gap: 8 }}>
              <span>{problemOf(save.error).detail}</span>
              <span style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
                <Button size="xs" variant="default" onClick={showPlan}>
                  Show the plan
                </Button>
                <BusyButton size="xs" variant="default" busy={save.isPending} onClick={() => submit(true)}>
                  Save it unseen
                </BusyButton>
              </span>
            </div>
          </Notice>
        ) : (
          (failure ?? (unplaced && !needsPlan && <ProblemView error={save.error} />))
        )}
        <div className={connect.footer}>
          <BusyButton type="button" variant={seen ? 'default' : 'filled'} leftSection={<IconPlay />} busy={plan.pending} onClick={showPlan}>
            Show the plan
          </BusyButton>
          <BusyButton type="submit" variant={seen ? 'filled' : 'default'} busy={save.isPending}>
            {saved ? 'Save changes' : starts && seen ? 'Save and start' : 'Save'}
          </BusyButton>
          <span className="dim" role="status" style={{ flex: '1 1 200px', minWidth: 0 }}>
            {Object.keys(errors).length > 0
              ? `${plural(Object.keys(errors).length, 'field')} to look at.`
              : stacked && plan.current && plan.report
                ? planSentence(plan.report.counts)
                : ''}
          </span>
        </div>
      </form>
      <div className={connect.side}>
        <PlanPanel plan={plan} />
      </div>
    </div>
  );
}

/** Whether what a message of the hub is about is still as it was. */
function sameAt(path: string, before: RuleDraft, after: RuleDraft): boolean {
  if (path === 'name') return before.name === after.name;
  const steps = path.split('.').slice(1);
  const at = (draft: RuleDraft) => {
    let value: unknown = specOf(draft);
    for (const step of steps) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
    return JSON.stringify(value);
  };
  return at(before) === at(after);
}
