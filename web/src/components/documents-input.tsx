import { Button, CloseButton, FileButton, Textarea } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import { Chip } from './bits.tsx';
import styles from './documents-input.module.css';
import { IconUpload } from './icons.tsx';

export interface Pasted {
  text: string;
  files: readonly { name: string; content: string }[];
}

interface DocumentsInputProps {
  value: Pasted;
  onChange: (change: (previous: Pasted) => Pasted) => void;
  description: string;
  placeholder?: string | undefined;
}

/** As the hub takes it, in bytes. */
const largestFile = 1024 * 1024;

/** Whether there is anything to read. */
export function hasDocuments({ text, files }: Pasted): boolean {
  return text.trim() !== '' || files.length > 0;
}

/** What was pasted and the files, as requests name them. */
export function documentsOf({ text, files }: Pasted): { name?: string; content: string }[] {
  return [...(text.trim() === '' ? [] : [{ content: text }]), ...files];
}

/** Documents of other systems: pasted, dropped or chosen. They stay in this page until it asks the hub about them. */
export function DocumentsInput({ value, onChange, description, placeholder }: DocumentsInputProps) {
  const { text, files } = value;
  const [over, setOver] = useState(false);
  const [tooLarge, setTooLarge] = useState<string[]>([]);
  const addFiles = async (chosen: readonly File[]) => {
    const small = chosen.filter((file) => file.size <= largestFile);
    setTooLarge(chosen.filter((file) => file.size > largestFile).map((file) => file.name));
    const read = await Promise.all(small.map(async (file) => ({ name: file.name, content: await file.text() })));
    const names = new Set(read.map(({ name }) => name));
    onChange((previous) => ({ ...previous, files: [...previous.files.filter(({ name }) => !names.has(name)), ...read] }));
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void addFiles([...event.dataTransfer.files]);
  };
  return (
    <>
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
          description={description}
          placeholder={placeholder}
          className={styles.code}
          autosize
          minRows={7}
          maxRows={18}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            const next = event.currentTarget.value;
            onChange((previous) => ({ ...previous, text: next }));
          }}
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
              <li key={file.name}>
                <Chip mono>{file.name}</Chip>
                <CloseButton
                  size="sm"
                  aria-label={`Leave out ${file.name}`}
                  onClick={() => onChange((previous) => ({ ...previous, files: previous.files.filter((each) => each.name !== file.name) }))}
                />
              </li>
            ))}
          </ul>
        )}
        {tooLarge.length > 0 && (
          <span role="alert" className={styles.fault}>
            Larger than 1 MiB, left out: {tooLarge.join(', ')}
          </span>
        )}
      </div>
    </>
  );
}
