import { Radio, Select, Stack } from '@mantine/core';
import { useSession } from '../../api/queries.ts';
import type { ImportKind, ImportPlanInput } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { CodeLine } from '../../components/copy.tsx';
import { DocumentsInput, documentsOf, hasDocuments, type Pasted } from '../../components/documents-input.tsx';
import { ProblemView } from '../../components/states.tsx';
import { guessKind, importKinds } from '../../lib/import-kinds.ts';
import styles from './import.module.css';

export interface Documents extends Pasted {
  kind: ImportKind;
  existing: 'skip' | 'update';
  credentials: 'copy' | 'refer';
}

export const emptyDocuments: Documents = { kind: 'argocd-image-updater', text: '', files: [], existing: 'skip', credentials: 'copy' };

interface DocumentsFormProps {
  documents: Documents;
  onChange: (change: (previous: Documents) => Documents) => void;
  busy: boolean;
  error: unknown;
  onPlan: (request: ImportPlanInput) => void;
}

/** What to import: its kind, and the text of it, pasted or from files. */
export function DocumentsForm({ documents, onChange, busy, error, onPlan }: DocumentsFormProps) {
  const { kind, existing, credentials } = documents;
  const mayRefer = useSession().data?.user.role === 'administrator';
  const words = importKinds.find((each) => each.kind === kind) ?? importKinds[0];
  const set = (patch: Partial<Documents>) => onChange((previous) => ({ ...previous, ...patch }));
  const take = (change: (previous: Pasted) => Pasted) =>
    onChange((previous) => {
      const next = change(previous);
      // What a first paste shows itself to be need not be chosen.
      const guessed = hasDocuments(previous)
        ? undefined
        : [next.text, ...next.files.map((file) => file.content)].map(guessKind).find(Boolean);
      return { ...previous, ...next, ...(guessed && { kind: guessed }) };
    });
  const ready = hasDocuments(documents);
  return (
    <form
      className={styles.form}
      aria-label="Import registries"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready || busy) return;
        onPlan({
          kind,
          documents: documentsOf(documents),
          options: { existing, ...(kind === 'kubernetes-secrets' && { credentials }) },
        });
      }}
    >
      <Select
        label="From"
        description={words?.help}
        data={importKinds.map((each) => ({ value: each.kind, label: each.title }))}
        value={kind}
        allowDeselect={false}
        maw={420}
        maxDropdownHeight={360}
        onChange={(next) => set({ kind: importKinds.find((each) => each.kind === next)?.kind ?? kind })}
      />
      {words?.command !== undefined && <CodeLine text={words.command} label="the command" />}
      <DocumentsInput
        value={documents}
        onChange={take}
        description="YAML or JSON. Nothing is connected before you have seen the plan; secrets in it are sealed when they are saved, and never shown."
        placeholder={words?.placeholder}
      />
      <Radio.Group
        label="Registries that are connected already"
        value={existing}
        onChange={(value) => set({ existing: value === 'update' ? 'update' : 'skip' })}
      >
        <Stack gap={8} mt={6}>
          <Radio value="skip" label="Leave them as they are" />
          <Radio value="update" label="Change them to what is imported" />
        </Stack>
      </Radio.Group>
      {kind === 'kubernetes-secrets' && mayRefer && (
        <Radio.Group
          label="Their credentials"
          value={credentials}
          onChange={(value) => set({ credentials: value === 'refer' ? 'refer' : 'copy' })}
        >
          <Stack gap={8} mt={6}>
            <Radio value="copy" label="Take them over, sealed" />
            <Radio value="refer" label="Leave them in the cluster, and read them there each time" />
          </Stack>
        </Radio.Group>
      )}
      {error !== null && <ProblemView error={error} />}
      <div className={styles.row}>
        <BusyButton type="submit" busy={busy} disabled={!ready}>
          Show the plan
        </BusyButton>
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          Changes nothing yet.
        </span>
      </div>
    </form>
  );
}
