import { Button, Collapse } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys } from '../../api/queries.ts';
import { Chip } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { CopySettingsFields } from '../../components/copy-settings-fields.tsx';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { checkCopyDraft, type CopyDraft, copyInput } from '../../lib/copy-draft.ts';
import { copySettingsWords } from '../../lib/copy-settings-words.ts';
import { type FieldErrors, problemFields } from '../../lib/draft-check.ts';
import { focusFault } from '../../lib/focus-fault.ts';
import { formatBytes, plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import connect from '../connect/connect.module.css';
import { DestinationFields } from './destination-fields.tsx';
import styles from './distribution.module.css';
import { SourceFields } from './source-fields.tsx';
import { type CopyPlanState, useCopyPlan } from './use-copy-plan.ts';

/** From where, where to, how; and what would happen, before it does. */
export function CopyForm({ initial }: { initial: CopyDraft }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(initial);
  const [tried, setTried] = useState(false);
  const plan = useCopyPlan(draft);
  const start = useMutation({
    mutationFn: () => hub.startCopies(copyInput(draft)),
    onSuccess: ({ items }) => {
      void client.invalidateQueries({ queryKey: keys.copies });
      const [only, ...others] = items;
      navigate(only !== undefined && others.length === 0 ? paths.copy(only.id) : paths.distribution);
    },
  });
  const change = (patch: Partial<CopyDraft>) => {
    setDraft((previous) => ({ ...previous, ...patch }));
    start.reset();
  };
  const own = checkCopyDraft(draft);
  const refused = start.error === null ? {} : problemFields(problemOf(start.error));
  const errors: FieldErrors = { ...plan.errors, ...refused, ...(tried ? own : {}) };
  const atField = Object.keys(refused).length > 0;
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.keys(own).length > 0) focusFault(event.currentTarget);
        else if (!start.isPending) start.mutate();
      }}
    >
      <fieldset className={styles.section}>
        <legend>From</legend>
        <SourceFields value={draft.source} onChange={(source) => change({ source })} errors={errors} />
      </fieldset>
      <fieldset className={styles.section}>
        <legend>To</legend>
        <DestinationFields draft={draft} onChange={change} errors={errors} plan={plan} />
      </fieldset>
      <Options draft={draft} errors={errors} onChange={(settings) => change({ settings })} />
      {plan.problem !== undefined && <ProblemView error={plan.problem} />}
      {start.error !== null && !atField && <ProblemView error={start.error} />}
      <div className={connect.footer}>
        <BusyButton type="submit" busy={start.isPending}>
          {draft.destinations.length > 1 ? `Start ${draft.destinations.length} copies` : 'Start the copy'}
        </BusyButton>
        <Button variant="default" component={Link} href={paths.distribution}>
          Cancel
        </Button>
        <span className="dim" role="status" style={{ flex: '1 1 220px' }}>
          {atField || (tried && Object.keys(own).length > 0) ? (
            'Something is missing or wrong: see the fields above.'
          ) : (
            <Summary plan={plan} />
          )}
        </span>
      </div>
    </form>
  );
}

/** All destinations in one line. */
export function Summary({ plan }: { plan: CopyPlanState }) {
  if (plan.ask) {
    return (
      <>
        Finding out what would be moved takes of the source’s quota.{' '}
        <Button size="compact-xs" variant="subtle" onClick={plan.ask}>
          Find out
        </Button>
      </>
    );
  }
  const results = plan.plans.flatMap(({ result }) => (result ? [result] : []));
  if (results.length === 0 || results.length < plan.plans.length) return null;
  const moved = results.reduce((sum, each) => sum + each.bytes.moved, 0);
  if (moved === 0) return 'No bytes have to be moved.';
  return `${formatBytes(moved)} to move${results.length > 1 ? ` to ${plural(results.length, 'place')}` : ''}.`;
}

function Options({
  draft,
  errors,
  onChange,
}: {
  draft: CopyDraft;
  errors: FieldErrors;
  onChange: (settings: CopyDraft['settings']) => void;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { registry, repository, reference } = draft.source;
  const atFault = Object.keys(errors).some((path) => path.startsWith('settings.'));
  const image = useQuery({
    queryKey: keys.image(registry, repository, reference, ''),
    queryFn: ({ signal }) => hub.getImage(registry, repository, reference, {}, { signal }),
    enabled: open && registry !== '' && repository !== '' && reference !== '',
    retry: false,
  });
  const platforms = image.data?.platforms.flatMap((each) => each.platform ?? []) ?? [];
  const words = copySettingsWords(draft.settings);
  return (
    <section className={connect.fold}>
      <button type="button" className={connect.foldHead} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {open ? <IconChevronDown /> : <IconChevronRight />}
        <strong>Options</strong>
        {atFault && !open && <Chip kind="bad">to look at</Chip>}
        <span className="dim truncate">{words === '' ? 'All platforms; signatures and SBOMs stay behind; no limit' : words}</span>
      </button>
      <Collapse expanded={open} transitionDuration={120} id={id}>
        <div className={connect.foldBody}>
          {image.data?.kind === 'image' && draft.settings.platforms !== undefined && (
            <Notice>This is a single image, not an index: it is copied as it is.</Notice>
          )}
          <CopySettingsFields value={draft.settings} onChange={onChange} errors={errors} {...(platforms.length > 0 ? { platforms } : {})} />
        </div>
      </Collapse>
    </section>
  );
}
