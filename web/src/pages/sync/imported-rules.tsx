import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys, useRegistries } from '../../api/queries.ts';
import type { SyncRule } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { IconBack } from '../../components/icons.tsx';
import { EmptyState, Notice } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { canTake, type ChosenEnds, type ImportedRule, type RuleFormat, ruleFormats, withEnds } from '../../lib/sync-import.ts';
import importing from '../import/import.module.css';
import { ImportedRuleEntry } from './imported-rule-entry.tsx';

/** What a person has said about one entry, and what became of it. */
export interface EntryState {
  left?: boolean;
  name?: string;
  ends?: ChosenEnds;
  made?: SyncRule;
  error?: unknown;
}

interface ImportedRulesProps {
  entries: readonly ImportedRule[];
  /** About the documents as a whole. */
  notes: readonly string[];
  format: RuleFormat;
  onBack: () => void;
}

/** The entries of the documents as rules: what is to be known of each, what is missing, and making those that are wanted. */
export function ImportedRules({ entries, notes, format, onBack }: ImportedRulesProps) {
  const client = useQueryClient();
  const registries = useRegistries();
  const [states, setStates] = useState<Readonly<Record<string, EntryState>>>({});
  const known = new Set((registries.data?.items ?? []).map(({ id }) => id));
  const stateOf = (entry: ImportedRule): EntryState => states[keyOf(entry)] ?? {};
  const set = (entry: ImportedRule, patch: EntryState) =>
    setStates((previous) => ({ ...previous, [keyOf(entry)]: { ...previous[keyOf(entry)], ...patch } }));
  const takeable = (entry: ImportedRule) => !stateOf(entry).made && canTake(entry, stateOf(entry).ends ?? {}, known);
  const chosen = entries.filter((entry) => takeable(entry) && stateOf(entry).left !== true);
  const make = useMutation({
    mutationFn: async () => {
      for (const entry of chosen) {
        const { name = entry.name, ends = {} } = stateOf(entry);
        try {
          set(entry, { made: await hub.createSyncRule({ name, spec: withEnds(entry.spec, ends) }), error: undefined });
        } catch (error) {
          set(entry, { error });
        }
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.syncRules }),
  });
  const made = entries.filter((entry) => stateOf(entry).made).length;
  const failed = entries.filter((entry) => stateOf(entry).error !== undefined).length;
  const title = ruleFormats.find((each) => each.format === format)?.title ?? format;
  return (
    <div className={importing.stack}>
      <div className={importing.row}>
        <Button variant="default" size="xs" leftSection={<IconBack size={14} />} onClick={onBack}>
          Back to the documents
        </Button>
        <span role="status">
          {title}: {plural(entries.length, 'rule')}
        </span>
      </div>
      {notes.length > 0 && (
        <Notice kind="info">
          {notes.map((note) => (
            <span key={note} style={{ display: 'block' }}>
              {note}
            </span>
          ))}
        </Notice>
      )}
      {entries.length === 0 ? (
        <EmptyState small title="No rule was found in it">
          <p>The documents were read, but nothing in them is to be kept in step. Is it from {title}? Go back and choose another format.</p>
        </EmptyState>
      ) : (
        <ul className={importing.entries} aria-label="Rules in the documents">
          {entries.map((entry) => (
            <ImportedRuleEntry
              key={keyOf(entry)}
              entry={entry}
              state={stateOf(entry)}
              takeable={takeable(entry)}
              known={known}
              busy={make.isPending}
              onChange={(patch) => set(entry, patch)}
            />
          ))}
        </ul>
      )}
      {entries.length > 0 && (
        <div className={importing.footer}>
          {chosen.length > 0 && (
            <BusyButton busy={make.isPending} onClick={() => make.mutate()}>
              {failed > 0 ? `Try ${plural(chosen.length, 'rule')} again` : `Make ${plural(chosen.length, 'rule')}`}
            </BusyButton>
          )}
          {made > 0 && (
            <Button variant={chosen.length === 0 ? 'filled' : 'default'} component={Link} href={paths.syncRules}>
              To the rules
            </Button>
          )}
          <span className="dim" role="status" style={{ flex: '1 1 240px' }}>
            {[
              ...(made > 0 ? [`${plural(made, 'rule')} made. None runs before its plan was looked at.`] : []),
              ...(failed > 0 ? [`${failed} failed: see above.`] : []),
              ...(made === 0 && failed === 0 && chosen.length === 0 ? ['Nothing here can be taken as it is.'] : []),
            ].join(' ')}
          </span>
        </div>
      )}
    </div>
  );
}

/** One entry of a document may become several rules. */
function keyOf({ from, name }: ImportedRule): string {
  return `${from} ${name}`;
}
