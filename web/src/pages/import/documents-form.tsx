import { Button, CloseButton, FileButton, Radio, Select, Stack, Textarea } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import { useSession } from '../../api/queries.ts';
import type { ImportKind, ImportPlanInput } from '../../api/types.ts';
import { Chip } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { CodeLine } from '../../components/copy.tsx';
import { IconUpload } from '../../components/icons.tsx';
import { ProblemView } from '../../components/states.tsx';
import { guessKind, importKinds } from '../../lib/import-kinds.ts';
import connect from '../connect/connect.module.css';
import styles from './import.module.css';

export interface Documents {
  kind: ImportKind;
  text: string;
  files: readonly { name: string; content: string }[];
  existing: 'skip' | 'update';
  credentials: 'copy' | 'refer';
}

export const emptyDocuments: Documents = { kind: 'argocd-image-updater', text: '', files: [], existing: 'skip', credentials: 'copy' };

/** As the hub takes it, in bytes. */
const largestFile = 1024 * 1024;

interface DocumentsFormProps {
  documents: Documents;
  onChange: (change: (previous: Documents) => Documents) => void;
  busy: boolean;
  error: unknown;
  onPlan: (request: ImportPlanInput) => void;
}

/** What to import: its kind, and the text of it, pasted or from files. */
export function DocumentsForm({ documents, onChange, busy, error, onPlan }: DocumentsFormProps) {
  const { kind, text, files, existing, credentials } = documents;
  const [over, setOver] = useState(false);
  const [tooLarge, setTooLarge] = useState<string[]>([]);
  const mayRefer = useSession().data?.user.role === 'administrator';
  const words = importKinds.find((each) => each.kind === kind) ?? importKinds[0];
  const set = (patch: Partial<Documents>) => onChange((previous) => ({ ...previous, ...patch }));
  const take = (next: string) => {
    // What a first paste shows itself to be need not be chosen.
    const guessed = text === '' && files.length === 0 ? guessKind(next) : undefined;
    set({ text: next, ...(guessed && { kind: guessed }) });
  };
  const addFiles = async (chosen: readonly File[]) => {
    const small = chosen.filter((file) => file.size <= largestFile);
    setTooLarge(chosen.filter((file) => file.size > largestFile).map((file) => file.name));
    const read = await Promise.all(small.map(async (file) => ({ name: file.name, content: await file.text() })));
    onChange((previous) => {
      const names = new Set(read.map(({ name }) => name));
      const guessed =
        previous.text === '' && previous.files.length === 0 ? read.map((file) => guessKind(file.content)).find(Boolean) : undefined;
      return { ...previous, files: [...previous.files.filter(({ name }) => !names.has(name)), ...read], ...(guessed && { kind: guessed }) };
    });
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void addFiles([...event.dataTransfer.files]);
  };
  const ready = text.trim() !== '' || files.length > 0;
  return (
    <form
      className={styles.form}
      aria-label="Import registries"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready || busy) return;
        onPlan({
          kind,
          documents: [...(text.trim() === '' ? [] : [{ content: text }]), ...files],
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
      <div
        className={`${styles.drop} ${over ? styles.over : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
      >
        <Textarea
          label="Paste it"
          description="YAML or JSON. Nothing is connected before you have seen the plan; secrets in it are sealed when they are saved, and never shown."
          placeholder={words?.placeholder}
          className={connect.code}
          autosize
          minRows={7}
          maxRows={18}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => take(event.currentTarget.value)}
        />
      </div>
      <div className={styles.row}>
        <FileButton multiple onChange={(chosen) => void addFiles(chosen)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconUpload />}>
              Or choose files
            </Button>
          )}
        </FileButton>
        {files.length > 0 && (
          <ul className={styles.files} aria-label="Chosen files">
            {files.map((file) => (
              <li key={file.name} style={{ display: 'inline-flex', alignItems: 'center' }}>
                <Chip mono>{file.name}</Chip>
                <CloseButton
                  size="sm"
                  aria-label={`Leave out ${file.name}`}
                  onClick={() => set({ files: files.filter((each) => each.name !== file.name) })}
                />
              </li>
            ))}
          </ul>
        )}
        {tooLarge.length > 0 && (
          <span role="alert" style={{ color: 'var(--bad-text)', fontSize: '0.8125rem' }}>
            Larger than 1 MiB, left out: {tooLarge.join(', ')}
          </span>
        )}
      </div>
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
