import { Button, Group, Modal, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys, useRegistries } from '../../api/queries.ts';
import type { CopyList } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { checkCopyDraft, type CopyDraft, copyInput, isDigest } from '../../lib/copy-draft.ts';
import { copySettingsWords } from '../../lib/copy-settings-words.ts';
import { sourceName } from '../../lib/copy-words.ts';
import { type FieldErrors, problemFields } from '../../lib/draft-check.ts';
import { focusFault } from '../../lib/focus-fault.ts';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { lastPromotion, type Promotion, untagged } from '../../lib/promotion.ts';
import { Summary } from './copy-form.tsx';
import { DestinationFields } from './destination-fields.tsx';
import { useCopyPlan } from './use-copy-plan.ts';

export interface PromotedImage {
  /** Name of the registry. */
  registry: string;
  repository: string;
  /** Tag or digest. */
  reference: string;
}

/** Where images of this repository went the last time is filled in: usually nothing is left to do but to start. */
export default function PromoteDialog({ image, onClose }: { image: PromotedImage; onClose: () => void }) {
  const registries = useRegistries();
  const registry = registries.data?.items.find((each) => each.name === image.registry);
  const earlier = useQuery({
    queryKey: [...keys.copies, 'from', image.registry, image.repository],
    queryFn: ({ signal }) => hub.listCopies({ registry: image.registry, repository: image.repository, limit: 100 }, { signal }),
    enabled: registry !== undefined,
  });
  const error = registries.error ?? earlier.error;
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={
        <>
          Promote <span className="mono">{sourceName(image)}</span>
        </>
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {error !== null && !earlier.data ? (
        <ProblemView error={error} onRetry={() => void (registries.error === null ? earlier.refetch() : registries.refetch())} />
      ) : registry && earlier.data ? (
        <Form
          image={image}
          registry={registry.id}
          last={lastPromotion(earlier.data.items, registry.id, image.repository)}
          onClose={onClose}
        />
      ) : (
        <LoadingRows rows={3} height={48} label="Loading where it went the last time" />
      )}
    </Modal>
  );
}

function Form({ image, registry, last, onClose }: { image: PromotedImage; registry: string; last: Promotion; onClose: () => void }) {
  const client = useQueryClient();
  const registries = useRegistries();
  const begin = useRef<HTMLDivElement>(null);
  const [tried, setTried] = useState(false);
  const [draft, setDraft] = useState<CopyDraft>(() => ({
    source: { registry, repository: image.repository, reference: image.reference },
    // A registry that is gone meanwhile cannot be copied to.
    destinations: (isDigest(image.reference) ? untagged(last.destinations) : last.destinations).filter((each) =>
      registries.data?.items.some(({ id }) => id === each.registry),
    ),
    settings: last.settings,
    variables: {},
  }));
  const plan = useCopyPlan(draft);
  const start = useMutation({
    mutationFn: () => hub.startCopies(copyInput(draft, 'promotion')),
    onSuccess: (started) => {
      void client.invalidateQueries({ queryKey: keys.copies });
      notifications.show({ message: <Started started={started} /> });
      onClose();
    },
  });
  // The button is where the focus goes: a second Enter promotes.
  const known = draft.destinations.length > 0;
  const first = useRef(known);
  useEffect(() => {
    begin.current?.querySelector<HTMLElement>(first.current ? 'button[type=submit]' : 'input')?.focus();
  }, []);
  const own = checkCopyDraft(draft);
  const refused = start.error === null ? {} : problemFields(problemOf(start.error));
  const errors: FieldErrors = { ...plan.errors, ...refused, ...(tried ? own : {}) };
  const settings = copySettingsWords(draft.settings);
  const only =
    draft.destinations.length === 1 ? registries.data?.items.find((each) => each.id === draft.destinations[0]?.registry) : undefined;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.keys(own).length > 0) focusFault(event.currentTarget);
        else if (!start.isPending) start.mutate();
      }}
    >
      <Stack gap="md" ref={begin}>
        <DestinationFields
          draft={draft}
          errors={errors}
          plan={plan}
          onChange={(patch) => {
            setDraft((previous) => ({ ...previous, ...patch }));
            start.reset();
          }}
        />
        {settings !== '' && <p style={{ margin: 0 }}>As the last time: {settings}.</p>}
        {plan.problem !== undefined && <ProblemView error={plan.problem} />}
        {start.error !== null && Object.keys(refused).length === 0 && <ProblemView error={start.error} />}
        <Group justify="space-between" gap="sm">
          <span className="dim" role="status" style={{ fontSize: '0.8125rem', flex: '1 1 180px' }}>
            <Summary plan={plan} />
          </span>
          <Group gap="sm">
            <Button
              variant="subtle"
              component={Link}
              href={paths.copyNew({ registry: image.registry, repository: image.repository, reference: image.reference })}
            >
              All options
            </Button>
            <BusyButton type="submit" busy={start.isPending}>
              {only
                ? `Promote to ${only.name}`
                : known
                  ? `Promote to ${plural(draft.destinations.length, 'registry', 'registries')}`
                  : 'Promote'}
            </BusyButton>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

function Started({ started }: { started: CopyList }) {
  const [only, ...others] = started.items;
  if (only === undefined) return null;
  return others.length === 0 ? (
    <>
      On its way to {only.destination.registry}. <Link href={paths.copy(only.id)}>Watch it</Link>
    </>
  ) : (
    <>
      On its way to {plural(started.items.length, 'registry', 'registries')}. <Link href={paths.distribution}>Watch them</Link>
    </>
  );
}
