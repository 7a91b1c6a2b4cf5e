import { Checkbox, Select, TextInput } from '@mantine/core';
import type { SyncImportInput } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { DocumentsInput, documentsOf, hasDocuments, type Pasted } from '../../components/documents-input.tsx';
import { ProblemView } from '../../components/states.tsx';
import { guessFormat, ruleFormats } from '../../lib/sync-import.ts';
import connect from '../connect/connect.module.css';
import type { RuleDocuments } from './import-rules-page.tsx';
import { RegistrySelect } from './registry-select.tsx';
import styles from './sync.module.css';

interface ImportFormProps {
  documents: RuleDocuments;
  onChange: (change: (previous: RuleDocuments) => RuleDocuments) => void;
  busy: boolean;
  error: unknown;
  onRead: (request: SyncImportInput) => void;
}

/** What to import: its format and its text. */
export function ImportForm({ documents, onChange, busy, error, onRead }: ImportFormProps) {
  const { format, destination, prefix, scoped } = documents;
  const words = ruleFormats.find((each) => each.format === format) ?? ruleFormats[0];
  const set = (patch: Partial<RuleDocuments>) => onChange((previous) => ({ ...previous, ...patch }));
  const take = (change: (previous: Pasted) => Pasted) =>
    onChange((previous) => {
      const next = change(previous);
      const guessed = hasDocuments(previous)
        ? undefined
        : [next.text, ...next.files.map((file) => file.content)].map(guessFormat).find(Boolean);
      return { ...previous, ...next, ...(guessed && { format: guessed }) };
    });
  const homeless = format === 'skopeo';
  const ready = hasDocuments(documents) && (!homeless || destination !== '');
  return (
    <form
      className={styles.importForm}
      aria-label="Import sync rules"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready || busy) return;
        const below = prefix.trim().replace(/^\/+|\/+$/g, '');
        onRead({
          format,
          documents: documentsOf(documents),
          ...(homeless && { destination: below === '' ? destination : `${destination}/${below}`, scoped }),
        });
      }}
    >
      <Select
        label="From"
        description={words?.help}
        data={ruleFormats.map((each) => ({ value: each.format, label: each.title }))}
        value={format}
        allowDeselect={false}
        maw={420}
        onChange={(next) => set({ format: ruleFormats.find((each) => each.format === next)?.format ?? format })}
      />
      <DocumentsInput
        value={documents}
        onChange={take}
        description="YAML. No rule is made before you have seen what would become of each entry. Credentials in it are not read: connect the registries first."
        placeholder={words?.placeholder}
      />
      {homeless && (
        <>
          <div className={connect.pair}>
            <RegistrySelect
              label="Copy to"
              path="destination"
              value={destination}
              error={undefined}
              onChange={(id) => set({ destination: id })}
            />
            <TextInput
              label={
                <>
                  Below<span className="dim"> · optional</span>
                </>
              }
              placeholder="mirror"
              className={connect.code}
              spellCheck={false}
              autoComplete="off"
              value={prefix}
              onChange={(event) => set({ prefix: event.currentTarget.value })}
            />
          </div>
          <Checkbox
            label="Keep the whole name of the source there"
            description="As --scoped does; otherwise only its last part."
            checked={scoped}
            onChange={(event) => set({ scoped: event.currentTarget.checked })}
          />
        </>
      )}
      {error !== null && <ProblemView error={error} />}
      <div className={styles.row}>
        <BusyButton type="submit" busy={busy} disabled={!ready}>
          Show the rules
        </BusyButton>
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          Makes nothing yet.
        </span>
      </div>
    </form>
  );
}
