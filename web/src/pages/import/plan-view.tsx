import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { ImportOutcome, ImportPlan, ImportPlanInput } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { IconBack } from '../../components/icons.tsx';
import { EmptyState, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { importKinds, isTakeable, lacking, planWords } from '../../lib/import-kinds.ts';
import { paths } from '../../lib/paths.ts';
import styles from './import.module.css';
import { Notes } from './notes.tsx';
import { PlanEntry } from './plan-entry.tsx';

type Entered = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What an import would do, entry by entry; then what became of each. */
export function PlanView({ request, plan, onBack }: { request: ImportPlanInput; plan: ImportPlan; onBack: () => void }) {
  const client = useQueryClient();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [entered, setEntered] = useState<Entered>({});
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, ImportOutcome>>(new Map());
  const done = (name: string) => ['created', 'updated'].includes(outcomes.get(name)?.outcome ?? '');
  const chosen = plan.entries.filter((entry) => isTakeable(entry, entered[entry.name]) && !left.has(entry.name) && !done(entry.name));
  const apply = useMutation({
    gcTime: 0,
    mutationFn: () =>
      hub.importRegistries({
        ...request,
        entries: chosen.map((entry) => entry.name),
        overrides: Object.fromEntries(
          chosen.flatMap(({ name }) => {
            const fields = Object.entries(entered[name] ?? {}).filter(([, value]) => value !== '');
            return fields.length === 0 ? [] : [[name, { fields: Object.fromEntries(fields) }]];
          }),
        ),
      }),
    onSuccess: (result) => {
      setOutcomes((previous) => new Map([...previous, ...result.outcomes.map((each) => [each.name, each] as const)]));
      // What was entered is with the hub now.
      const taken = new Set(result.outcomes.filter((each) => each.outcome !== 'failed').map((each) => each.name));
      setEntered((previous) => Object.fromEntries(Object.entries(previous).filter(([name]) => !taken.has(name))));
      void client.invalidateQueries({ queryKey: keys.registries });
    },
  });
  const results = [...outcomes.values()];
  const taken = results.filter((each) => each.outcome === 'created' || each.outcome === 'updated').length;
  const failed = results.filter((each) => each.outcome === 'failed').length;
  const title = importKinds.find((each) => each.kind === plan.kind)?.title ?? plan.kind;
  const waiting = plan.entries.filter(
    (entry) =>
      ['create', 'update'].includes(entry.action) &&
      !left.has(entry.name) &&
      !done(entry.name) &&
      lacking(entry, entered[entry.name]).length > 0,
  ).length;
  return (
    <div className={styles.stack}>
      <div className={styles.row}>
        <Button variant="default" size="xs" leftSection={<IconBack size={14} />} onClick={onBack}>
          Back to the documents
        </Button>
        <span role="status">
          {title}: {planWords(plan.entries)}
        </span>
      </div>
      <Notes notes={plan.notes} label="About the documents" />
      {plan.entries.length === 0 ? (
        <EmptyState small title="No registry was found in it">
          <p>
            The documents were read, but nothing in them is a registry. Is it from {title}? Go back and choose another kind, or paste more.
          </p>
        </EmptyState>
      ) : (
        <ul className={styles.entries} aria-label="Plan">
          {plan.entries.map((entry) => (
            <PlanEntry
              key={entry.name}
              entry={entry}
              outcome={outcomes.get(entry.name)}
              chosen={!left.has(entry.name)}
              entered={entered[entry.name] ?? {}}
              busy={apply.isPending}
              onChoose={(take) =>
                setLeft((previous) => new Set(take ? [...previous].filter((name) => name !== entry.name) : [...previous, entry.name]))
              }
              onEnter={(field, value) =>
                setEntered((previous) => ({ ...previous, [entry.name]: { ...previous[entry.name], [field]: value } }))
              }
            />
          ))}
        </ul>
      )}
      {apply.error !== null && <ProblemView error={apply.error} />}
      {plan.entries.length > 0 && (
        <div className={styles.footer}>
          {chosen.length > 0 && (
            <BusyButton busy={apply.isPending} onClick={() => apply.mutate()}>
              {failed > 0
                ? `Try ${plural(chosen.length, 'registry', 'registries')} again`
                : `Import ${plural(chosen.length, 'registry', 'registries')}`}
            </BusyButton>
          )}
          {taken > 0 && (
            <Button variant={chosen.length === 0 ? 'filled' : 'default'} component={Link} href={paths.registries}>
              To the registries
            </Button>
          )}
          <span className="dim" role="status" style={{ flex: '1 1 240px' }}>
            {[
              ...(results.length > 0
                ? [`${plural(taken, 'registry', 'registries')} taken over${failed > 0 ? `, ${failed} failed: see above` : ''}.`]
                : []),
              ...(waiting > 0 ? [`${waiting === 1 ? 'One waits' : `${waiting} wait`} for secrets: enter them, or leave them out.`] : []),
              ...(results.length === 0 && chosen.length === 0 && waiting === 0 ? ['Nothing here can be taken over.'] : []),
            ].join(' ')}
          </span>
        </div>
      )}
    </div>
  );
}
