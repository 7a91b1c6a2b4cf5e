import { ActionIcon, Select, TextInput } from '@mantine/core';
import { useRegistries } from '../../api/queries.ts';
import type { CopyPlan } from '../../api/types.ts';
import { IconArrowRight, IconPlus, IconTrash } from '../../components/icons.tsx';
import { type CopyDraft, type DestinationDraft, errorAt, newDestination, ownVariables } from '../../lib/copy-draft.ts';
import { destinationName, failureSide, planWords } from '../../lib/copy-words.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import connect from '../connect/connect.module.css';
import styles from './distribution.module.css';
import { RuleHelp } from './rule-help.tsx';
import type { CopyPlanState } from './use-copy-plan.ts';

interface DestinationFieldsProps {
  draft: CopyDraft;
  onChange: (patch: Pick<CopyDraft, 'destinations'> | Pick<CopyDraft, 'variables'>) => void;
  errors: FieldErrors;
  plan: CopyPlanState;
}

/** Where to, and under which names: one card a registry, each with what would become of the image there. */
export function DestinationFields({ draft, onChange, errors, plan }: DestinationFieldsProps) {
  const registries = useRegistries();
  const items = registries.data?.items ?? [];
  const names = new Map(items.map((each) => [each.id, each.name]));
  const { destinations } = draft;
  const change = (key: number, patch: Partial<DestinationDraft>) =>
    onChange({ destinations: destinations.map((each) => (each.key === key ? { ...each, ...patch } : each)) });
  return (
    <div className={styles.stack}>
      {destinations.length > 0 && (
        <ul className={styles.destinations} aria-label="Destinations">
          {destinations.map((each, index) => (
            <Destination
              key={each.key}
              value={each}
              name={names.get(each.registry) ?? each.registry}
              index={index}
              errors={errors}
              named={at(plan.names, index, each)}
              planned={at(plan.plans, index, each)}
              busy={plan.busy}
              onChange={(patch) => change(each.key, patch)}
              onRemove={() => onChange({ destinations: destinations.filter(({ key }) => key !== each.key) })}
            />
          ))}
        </ul>
      )}
      <Select
        key={destinations.length}
        label={destinations.length === 0 ? 'Registry' : 'Another registry'}
        placeholder={destinations.length === 0 ? 'Choose where to copy it' : 'Add one'}
        description={destinations.length === 0 ? 'Several can be added, each with names of its own.' : undefined}
        leftSection={<IconPlus size={14} />}
        data={items.map((each) => ({ value: each.id, label: each.name }))}
        value={null}
        onChange={(registry) => registry !== null && onChange({ destinations: [...destinations, newDestination(draft, registry)] })}
        error={errors.destinations}
        searchable
        style={{ maxWidth: 420 }}
      />
      <Variables draft={draft} errors={errors} onChange={(variables) => onChange({ variables })} />
      {destinations.length > 0 && <RuleHelp />}
    </div>
  );
}

/** The plan of this very destination; while a new one is made, an earlier one may be of another. */
function at(plans: readonly CopyPlan[], index: number, { registry }: DestinationDraft): CopyPlan | undefined {
  const plan = plans[index];
  return plan?.destination.registryId === registry ? plan : undefined;
}

interface DestinationProps {
  value: DestinationDraft;
  name: string;
  index: number;
  errors: FieldErrors;
  named: CopyPlan | undefined;
  planned: CopyPlan | undefined;
  busy: boolean;
  onChange: (patch: Partial<DestinationDraft>) => void;
  onRemove: () => void;
}

function Destination({ value, name, index, errors, named, planned, busy, onChange, onRemove }: DestinationProps) {
  const path = `destinations.${index}`;
  const own = errors[path] ?? errors[`${path}.registry`];
  return (
    <li className={styles.destination}>
      <div className={styles.destinationHead}>
        <strong>{name}</strong>
        <ActionIcon onClick={onRemove} aria-label={`Do not copy to ${name}`}>
          <IconTrash />
        </ActionIcon>
      </div>
      <div className={styles.ruleFields}>
        <TextInput
          label="Repository"
          aria-label={`Repository at ${name}`}
          className={connect.code}
          value={value.repository}
          onChange={(event) => onChange({ repository: event.currentTarget.value })}
          error={errorAt(errors, `${path}.repository`)}
          spellCheck={false}
          autoComplete="off"
        />
        <TextInput
          label="Tags"
          aria-label={`Tags at ${name}`}
          className={connect.code}
          placeholder="None: by digest only"
          value={value.tags}
          onChange={(event) => onChange({ tags: event.currentTarget.value })}
          error={errorAt(errors, `${path}.tags`)}
          spellCheck={false}
          autoComplete="off"
        />
      </div>
      {own !== undefined && (
        <p className={styles.fault} role="alert">
          {own}
        </p>
      )}
      {named && (
        <p className={styles.rendered}>
          <IconArrowRight size={13} />
          <span className="mono">
            {named.destination.registry}/{destinationName(named.destination)}
          </span>
        </p>
      )}
      {planned && <Effect plan={planned} busy={busy} />}
      {!planned && busy && named && <p className={styles.effect}>Looking at both registries…</p>}
    </li>
  );
}

function Effect({ plan, busy }: { plan: CopyPlan; busy: boolean }) {
  const { failure } = plan;
  if (failure) {
    return (
      <p className={styles.fault}>
        {failureSide(failure, plan)}: {failure.message} {failure.help}
      </p>
    );
  }
  return (
    <p className={`${styles.effect} num`} aria-busy={busy || undefined}>
      {planWords(plan)}
    </p>
  );
}

/** Values for what the rules name and Tagboat cannot know. */
function Variables({
  draft,
  errors,
  onChange,
}: {
  draft: CopyDraft;
  errors: FieldErrors;
  onChange: (values: CopyDraft['variables']) => void;
}) {
  const names = ownVariables(draft.destinations);
  if (names.length === 0) return null;
  return (
    <div className={styles.ruleFields}>
      {names.map((name) => (
        <TextInput
          key={name}
          label={`{${name}}`}
          className={connect.code}
          value={draft.variables[name] ?? ''}
          onChange={(event) => onChange({ ...draft.variables, [name]: event.currentTarget.value })}
          error={errors[`variables.${name}`]}
          spellCheck={false}
          autoComplete="off"
        />
      ))}
    </div>
  );
}
