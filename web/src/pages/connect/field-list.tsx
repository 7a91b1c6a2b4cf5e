import { useId, useState } from 'react';
import type { FieldDescription } from '../../api/types.ts';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RegistryDraft } from '../../lib/registry-draft.ts';
import styles from './connect.module.css';
import { FormField } from './form-field.tsx';

interface FieldListProps {
  fields: readonly FieldDescription[];
  draft: RegistryDraft;
  errors: FieldErrors;
  stored: readonly string[];
  maySource: boolean;
  onChange: (change: (previous: RegistryDraft) => RegistryDraft) => void;
}

/** The fields that have to be filled in; those that most people leave empty are named in one line, which opens them. */
export function FieldList({ fields, draft, errors, stored, maySource, onChange }: FieldListProps) {
  const id = useId();
  const [opened, setOpened] = useState(false);
  const usual = fields.filter((field) => !isSpare(field));
  const spare = fields.filter(isSpare);
  const filled = spare.some(
    ({ name }) =>
      (draft.fields[name] ?? '') !== '' ||
      draft.sources[name] !== undefined ||
      stored.includes(name) ||
      errors[`fields.${name}`] !== undefined ||
      errors[`sources.${name}`] !== undefined,
  );
  const open = opened || filled;
  const show = (field: FieldDescription) => (
    <FormField
      key={field.name}
      field={field}
      draft={draft}
      errors={errors}
      stored={stored.includes(field.name)}
      maySource={maySource}
      onChange={onChange}
    />
  );
  return (
    <>
      {usual.map(show)}
      {spare.length > 0 && !filled && (
        <button type="button" className={styles.spare} aria-expanded={open} aria-controls={id} onClick={() => setOpened(!opened)}>
          {open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
          If needed: {spare.map((field) => field.label).join(', ')}
        </button>
      )}
      <div id={id} className={styles.spareFields} hidden={!open}>
        {open && spare.map(show)}
      </div>
    </>
  );
}

/** Neither needed nor with a usual value. */
function isSpare(field: FieldDescription): boolean {
  return !field.required && field.default === undefined && field.type !== 'boolean';
}
