import { Checkbox, TextInput } from '@mantine/core';
import { Link } from 'wouter';
import { problemOf } from '../../api/problem.ts';
import { useRegistries } from '../../api/queries.ts';
import { Chip } from '../../components/bits.tsx';
import { Notice } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import { type ImportedRule, missingEnds, otherFaults } from '../../lib/sync-import.ts';
import { scheduleWords } from '../../lib/sync-schedule.ts';
import { takesWords } from '../../lib/sync-words.ts';
import connect from '../connect/connect.module.css';
import importing from '../import/import.module.css';
import type { EntryState } from './imported-rules.tsx';
import { RegistrySelect } from './registry-select.tsx';

interface ImportedRuleEntryProps {
  entry: ImportedRule;
  state: EntryState;
  takeable: boolean;
  /** Ids of registries that are connected. */
  known: ReadonlySet<string>;
  busy: boolean;
  onChange: (patch: EntryState) => void;
}

const endWords = { source: 'Copies from', destination: 'Copies to' } as const;

/** One entry as the rule that it would be. */
export function ImportedRuleEntry({ entry, state, takeable, known, busy, onChange }: ImportedRuleEntryProps) {
  const registries = useRegistries();
  const { spec } = entry;
  const nameOf = (key: string) => registries.data?.items.find((each) => each.id === key)?.name ?? key;
  const problem = state.error === undefined ? undefined : problemOf(state.error);
  const taken = problem?.code === 'already_exists';
  const chip = state.made
    ? ({ kind: 'good', text: 'made' } as const)
    : problem
      ? ({ kind: 'bad', text: 'failed' } as const)
      : takeable
        ? ({ kind: 'accent', text: 'new rule' } as const)
        : ({ kind: 'warn', text: missingEnds(spec, known).length > 0 ? 'lacks a registry' : 'cannot be taken' } as const);
  return (
    <li className={importing.entry}>
      <Checkbox
        aria-label={`Take ${entry.name}`}
        checked={state.made !== undefined || (takeable && state.left !== true)}
        disabled={!takeable || busy}
        onChange={(event) => onChange({ left: !event.currentTarget.checked })}
        mt={4}
      />
      <div className={importing.head}>
        <strong>{state.made ? <Link href={paths.syncRule(state.made.id)}>{state.made.name}</Link> : entry.name}</strong>
        <Chip kind={chip.kind}>{chip.text}</Chip>
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          {entry.from}
        </span>
      </div>
      <div className={importing.body}>
        <span style={{ fontSize: '0.8125rem' }}>
          {nameOf(spec.source.registry)} <span aria-label="to">→</span> {nameOf(spec.destination.registry)}{' '}
          <span className="dim">
            · <span className="mono">{takesWords(spec)}</span>
            {spec.destination.repository !== undefined && (
              <>
                {' '}
                as <span className="mono">{spec.destination.repository}</span>
              </>
            )}
            {' · '}
            {scheduleWords(spec.schedule)}
          </span>
        </span>
        {!state.made &&
          otherFaults(entry).map((fault) => (
            <p key={`${fault.field} ${fault.message}`} style={{ color: 'var(--bad-text)', fontSize: '0.8125rem' }}>
              {fault.message}
            </p>
          ))}
        {entry.notes.length > 0 && (
          <ul className={importing.notes} aria-label={`Notes on ${entry.name}`}>
            {entry.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {!state.made && missingEnds(spec, known).length > 0 && (
          <div className={importing.secrets}>
            {missingEnds(spec, known).map((end) => (
              <RegistrySelect
                key={end}
                label={`${endWords[end]}, for ${entry.name}`}
                description={`${spec[end].registry} is not connected. Choose one that is, or connect it first.`}
                path={`spec.${end}.registry`}
                value={state.ends?.[end] ?? ''}
                error={undefined}
                onChange={(id) => onChange({ ends: { ...state.ends, [end]: id } })}
              />
            ))}
          </div>
        )}
        {problem && (
          <Notice kind="bad" role="alert">
            {problem.detail} {problem.help}
          </Notice>
        )}
        {taken && (
          <TextInput
            label={`Another name for ${entry.name}`}
            className={connect.field}
            maw={360}
            autoComplete="off"
            value={state.name ?? entry.name}
            disabled={busy}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
        )}
      </div>
    </li>
  );
}
