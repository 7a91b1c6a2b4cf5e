import { Checkbox, FileButton, PasswordInput, Radio, SegmentedControl, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import type { FieldDescription } from '../../api/types.ts';
import type { FieldValue } from '../../lib/registry-draft.ts';
import styles from './connect.module.css';

interface ProviderFieldProps {
  field: FieldDescription;
  value: FieldValue | undefined;
  error?: string;
  /** A value is stored: leaving the field empty keeps it. */
  stored?: boolean;
  onChange: (value: FieldValue) => void;
}

/** One field as the provider describes it. */
export function ProviderField({ field, value, error, stored = false, onChange }: ProviderFieldProps) {
  const [explained, setExplained] = useState(false);
  const whereId = useId();
  const labelId = useId();
  const text = value === undefined ? '' : String(value);
  const label = (
    <>
      {field.label}
      {/* What has a usual value is never empty. */}
      {!field.required && field.default === undefined && <span className="dim"> · optional</span>}
    </>
  );
  const where = explained && field.where !== undefined && (
    <p className={styles.whereText} id={whereId}>
      {field.where}
    </p>
  );
  const placeholder = stored ? 'stored — leave empty to keep' : field.example;
  const common = {
    label,
    description: field.help,
    error,
    placeholder,
    name: `fields.${field.name}`,
    'data-field': `fields.${field.name}`,
    autoComplete: 'off',
    spellCheck: false as const,
    'aria-required': field.required && !stored,
    'aria-describedby': explained ? whereId : undefined,
  };
  let control: ReactNode;
  if (field.type === 'boolean') {
    control = (
      <Checkbox
        label={field.label}
        description={field.help}
        error={error}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  } else if (field.type === 'choice') {
    const options = field.options ?? [];
    const words = options.reduce((sum, option) => sum + option.label.length, 0);
    control =
      options.length <= 3 && words > 48 ? (
        <Radio.Group
          label={label}
          description={field.help}
          value={text}
          error={error}
          onChange={onChange}
          data-field={common['data-field']}
        >
          <Stack gap={8} mt={6}>
            {options.map((option) => (
              <Radio key={option.value} value={option.value} label={option.label} />
            ))}
          </Stack>
        </Radio.Group>
      ) : options.length <= 3 ? (
        <div>
          <div className={styles.label} id={labelId}>
            <span>{label}</span>
          </div>
          <SegmentedControl aria-labelledby={labelId} data={options} value={text} onChange={onChange} />
        </div>
      ) : (
        <Select
          {...common}
          data={options}
          value={text === '' ? null : text}
          onChange={(next) => onChange(next ?? '')}
          searchable
          clearable={!field.required}
        />
      );
  } else if (field.multiline) {
    control = (
      <>
        <Textarea
          {...common}
          className={styles.secretCode}
          autosize
          minRows={3}
          maxRows={10}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
        <FileButton onChange={(file) => void file?.text().then(onChange)}>
          {(props) => (
            <button {...props} type="button" className={styles.where} style={{ marginTop: 6 }}>
              Choose a file
            </button>
          )}
        </FileButton>
      </>
    );
  } else if (field.secret) {
    control = (
      <PasswordInput
        {...common}
        className={styles.code}
        autoComplete="new-password"
        data-1p-ignore
        data-lpignore="true"
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  } else {
    control = (
      <TextInput
        {...common}
        className={styles.code}
        inputMode={field.type === 'number' ? 'decimal' : undefined}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <div className={styles.field}>
      {control}
      {field.where !== undefined && (
        <button
          type="button"
          className={`${styles.where} ${styles.whereCorner}`}
          aria-expanded={explained}
          aria-controls={whereId}
          onClick={() => setExplained(!explained)}
        >
          Where do I find this?
          <span className="visually-hidden"> {field.label}</span>
        </button>
      )}
      {where}
    </div>
  );
}
