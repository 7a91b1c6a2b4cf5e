import type { FieldDescription } from '../../api/types.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { FieldValue, RegistryDraft } from '../../lib/registry-draft.ts';
import styles from './connect.module.css';
import { ProviderField } from './provider-field.tsx';
import { SourceInput } from './source-input.tsx';

interface FormFieldProps {
  field: FieldDescription;
  draft: RegistryDraft;
  errors: FieldErrors;
  stored: boolean;
  /** Only administrators may have the hub read a secret somewhere. */
  maySource: boolean;
  onChange: (change: (previous: RegistryDraft) => RegistryDraft) => void;
}

/** A field of the form; one that is secret is either typed in or read from elsewhere. */
export function FormField({ field, draft, errors, stored, maySource, onChange }: FormFieldProps) {
  const { name, label } = field;
  const source = draft.sources[name];
  const setValue = (value: FieldValue) => onChange((previous) => ({ ...previous, fields: { ...previous.fields, [name]: value } }));
  const setSource = (text: string | undefined) =>
    onChange((previous) => {
      const { [name]: _, ...others } = previous.sources;
      return { ...previous, sources: text === undefined ? others : { ...others, [name]: text } };
    });

  if (draft.signIn === 'external' && name === 'source') {
    const value = draft.fields[name];
    return (
      <SourceInput
        label="The credential"
        path="fields.source"
        value={typeof value === 'string' ? value : ''}
        error={errors['fields.source']}
        onChange={setValue}
      />
    );
  }
  if (field.secret && source !== undefined) {
    return (
      <div className={styles.field}>
        <SourceInput
          label={label}
          path={`sources.${name}`}
          value={source}
          error={errors[`sources.${name}`] ?? errors[`fields.${name}`]}
          onChange={setSource}
        />
        <button type="button" className={styles.where} onClick={() => setSource(undefined)}>
          Type it in instead<span className="visually-hidden">: {label}</span>
        </button>
      </div>
    );
  }
  return (
    <div className={styles.field}>
      <ProviderField field={field} value={draft.fields[name]} error={errors[`fields.${name}`]} stored={stored} onChange={setValue} />
      {field.secret && maySource && (
        <button type="button" className={styles.where} onClick={() => setSource('env:')}>
          Read it from elsewhere<span className="visually-hidden">: {label}</span>
        </button>
      )}
    </div>
  );
}
