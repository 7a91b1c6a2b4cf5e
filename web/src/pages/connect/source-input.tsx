import { Select, TextInput } from '@mantine/core';
import { joinSource, sourceKinds, splitSource } from '../../lib/sources.ts';
import styles from './connect.module.css';

interface SourceInputProps {
  /** What is read there, in the words of the form. */
  label: string;
  value: string;
  error?: string;
  /** Path in the request body. */
  path: string;
  onChange: (value: string) => void;
}

/** Where a secret is read: the kind of place, and what that kind understands. A whole reference can be pasted into the second. */
export function SourceInput({ label, value, error, path, onChange }: SourceInputProps) {
  const { kind = sourceKinds[0], rest } = splitSource(value);
  const scheme = kind?.scheme ?? 'env';
  return (
    <div className={styles.source} role="group" aria-label={`${label}, read from elsewhere`}>
      <Select
        label={`${label} is read from`}
        data={sourceKinds.map((each) => ({ value: each.scheme, label: each.title }))}
        value={scheme}
        allowDeselect={false}
        maxDropdownHeight={360}
        onChange={(next) => onChange(`${next ?? scheme}:`)}
      />
      <TextInput
        label={kind?.label}
        description={kind?.help}
        placeholder={kind?.example}
        className={styles.code}
        data-field={path}
        autoComplete="off"
        spellCheck={false}
        value={rest}
        error={error}
        onChange={(event) => onChange(joinSource(scheme, event.currentTarget.value))}
      />
    </div>
  );
}
